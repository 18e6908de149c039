#!/usr/bin/env bash
# Fills the database from a backup, whole or not at all. Runs once for a cluster.
set -euo pipefail

root=${KUBEWRIGHT_ROOT:-}
backups=$root/backups
PGPASSWORD=$(<"$root/secrets/credentials/password")
export PGPASSWORD
[ -r "$root/secrets/tls/ca.crt" ] && export PGSSLROOTCERT=$root/secrets/tls/ca.crt

name=${BACKUP_NAME:-}
if [ -z "$name" ]; then
  name=$(find "$backups" -maxdepth 1 -name '*.dump' -printf '%f\n' | sort | tail -n 1)
  [ -n "$name" ] || { echo "there is no backup in the claim" >&2; exit 3; }
fi
[ -r "$backups/$name" ] || { echo "there is no backup $name in the claim" >&2; exit 3; }

# A run before this one may have restored it and been cut off before that was known.
if [ "$(psql -XAtc "SELECT count(*) FROM pg_catalog.pg_description WHERE description = 'restored by kubewright'")" != 0 ]; then
  echo "backup $name is restored already"
  exit 0
fi
{
  pg_restore --no-owner --no-privileges --exit-on-error --file=- "$backups/$name"
  printf "COMMENT ON SCHEMA public IS 'restored by kubewright';\n"
} | psql -X --quiet --single-transaction --set=ON_ERROR_STOP=1 --output=/dev/null
echo "backup $name is restored"
