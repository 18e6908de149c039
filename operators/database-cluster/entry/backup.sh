#!/usr/bin/env bash
# Writes one backup of the database, and removes those that are older than they are kept. The newest always stays.
# A backup has its name only when it is whole: what a run that was cut off leaves behind ends in .partial, is never
# restored, and is removed by the next run.
set -euo pipefail
umask 077

root=${KUBEWRIGHT_ROOT:-}
backups=$root/backups
. "$root/scripts/connect.sh"

# Of files that are not named like a backup nothing is touched: they may be somebody's.
shopt -s nullglob
date_pattern='[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z'
name_at() { date -u -d "@$1" +%Y%m%dT%H%M%SZ.dump; }

# Backups tell their age by their names: a copied volume has other times. Names sort like times, so the newest is the last.
remove_old() {
  local oldest files newest file
  oldest=$(name_at $(($(date +%s) - RETENTION_SECONDS)))
  files=("$backups"/$date_pattern.dump)
  [ ${#files[@]} -gt 1 ] || return 0
  newest=${files[-1]}
  for file in "${files[@]}"; do
    if [[ $file != "$newest" && ${file##*/} < $oldest ]]; then
      rm -f "$file"
      echo "backup ${file##*/} is older than it is kept: removed"
    fi
  done
}

# One at a time: whoever has the lock knows that what is half is dead.
exec {lock}>"$backups/.lock"
flock "$lock"
rm -f "$backups"/$date_pattern.dump.partial
# Before too: a volume that is full of what should be gone would never see another backup.
remove_old

name=$(name_at "$(date +%s)")
trap 'rm -f "$backups/$name.partial"' EXIT
# A lock that somebody holds for ever must not hold up every backup from now on.
pg_dump --format=custom --no-owner --no-privileges --lock-wait-timeout="${LOCK_WAIT_MS:-600000}" \
  --file="$backups/$name.partial" --dbname="$connection"
# What cannot be read again to its end is no backup.
pg_restore --file=/dev/null "$backups/$name.partial"
sync -f "$backups/$name.partial"
mv "$backups/$name.partial" "$backups/$name"
sync -f "$backups"
echo "backup $name is done: $(stat -c %s "$backups/$name") bytes"
remove_old
