#!/usr/bin/env bash
# Fills an empty database from a backup, whole or not at all. Runs once for a cluster. What another try would not mend
# ends with 3.
set -euo pipefail

root=${KUBEWRIGHT_ROOT:-}
backups=$root/backups
. "$root/scripts/connect.sh"

refuse() {
  echo "error: $1" >&2
  exit 3
}
ask() { psql -XAtq --set=ON_ERROR_STOP=1 --command="$1" "$connection"; }

# Set in the transaction that restores. It is no part of dumps of this database.
mark='restored by kubewright'
marked=$(ask "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()")
if [[ $marked == "$mark"* ]]; then
  # A run before this one was cut off before that was known.
  echo "the database is $marked already"
  exit 0
fi

name=${BACKUP_NAME:-}
if [ -z "$name" ]; then
  shopt -s nullglob
  files=("$backups"/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.dump)
  [ ${#files[@]} -gt 0 ] || refuse 'there is no backup in the volume'
  name=${files[-1]##*/}
fi
[[ $name != *.partial && -r $backups/$name ]] || refuse "there is no backup $name in the volume"

relations=$(ask "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'")
[ "$relations" = 0 ] || refuse 'the database is not empty: restore into a new cluster'

# Reads it to its end first: half a backup ends here, whatever psql would have made of it.
pg_restore --file=/dev/null "$backups/$name" || refuse "the backup $name is damaged"
# The transaction begins and ends here, because psql would commit what it got when its input ends too early.
{
  echo 'BEGIN;'
  pg_restore --no-owner --no-privileges --file=- "$backups/$name"
  echo "DO \$\$BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), '$mark from $name'); END\$\$;"
  echo 'COMMIT;'
} | psql -X --quiet --set=ON_ERROR_STOP=1 --output=/dev/null "$connection"
echo "backup $name is restored"
