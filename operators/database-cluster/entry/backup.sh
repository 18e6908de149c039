#!/usr/bin/env bash
# Writes one backup of the database, and removes those that are older than they are kept. The newest always stays.
# A backup has its name only when it is whole; what a broken run left behind is removed by the next one.
set -euo pipefail
umask 077

root=${KUBEWRIGHT_ROOT:-}
backups=$root/backups
PGPASSWORD=$(<"$root/secrets/credentials/password")
export PGPASSWORD
[ -r "$root/secrets/tls/ca.crt" ] && export PGSSLROOTCERT=$root/secrets/tls/ca.crt

name=$(date -u +%Y%m%dT%H%M%SZ).dump
find "$backups" -maxdepth 1 -name '*.partial' -mmin +60 -delete
trap 'rm -f "$backups/$name.partial"' EXIT
pg_dump --format=custom --no-owner --no-privileges --file="$backups/$name.partial"
# What cannot be read again is no backup.
pg_restore --list "$backups/$name.partial" >/dev/null
sync -f "$backups/$name.partial"
mv "$backups/$name.partial" "$backups/$name"
printf 'backup %s is done: %s bytes\n' "$name" "$(stat -c %s "$backups/$name")"

find "$backups" -maxdepth 1 -name '*.dump' ! -name "$name" -mmin "+$((RETENTION_SECONDS / 60))" -print -delete
