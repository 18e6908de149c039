#!/usr/bin/env bash
# psql as the user of a DatabaseCluster, on its primary, by a port-forward; waits up to a minute for a primary:
#   psql.sh CLUSTER [ARGUMENT OF PSQL...]
# Needs kubectl and psql (Debian: apt-get install postgresql-client). The cluster is looked for where kubectl looks.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
cluster=$1
shift

credential() { kubectl get secret "$cluster-credentials" -o "jsonpath={.data.$1}" | base64 -d; }
username=$(credential username)
database=$(credential database)
port=$(credential port)
PGPASSWORD=$(credential password)
export PGPASSWORD PGCONNECT_TIMEOUT=5

problems=$(mktemp)
forward=''
hang_up() { [ -z "$forward" ] || kill "$forward" 2>/dev/null || true; }
trap 'hang_up; rm -f "$problems"' EXIT

# Chooses a free port, says which ("Forwarding from 127.0.0.1:40123 -> 5432"), and sees a server answer behind it.
reach() {
  exec {told}< <(exec kubectl port-forward "service/$cluster" ":$port" 2>"$problems")
  forward=$!
  read -r _ _ address _ <&"$told" && pg_isready -q -t 5 -h 127.0.0.1 -p "${address##*:}"
}
until reach; do
  hang_up
  [ "$SECONDS" -lt 60 ] || { echo "psql.sh: no primary of $cluster answers: $(<"$problems")" >&2; exit 1; }
  sleep 1
done

psql -X -h 127.0.0.1 -p "${address##*:}" -U "$username" -d "$database" -v ON_ERROR_STOP=1 "$@"
