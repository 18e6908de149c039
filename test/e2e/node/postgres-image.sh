#!/usr/bin/env bash
# Fills a folder with the root of an image of PostgreSQL, from the files of Debian's packages on this machine:
#   postgres-image.sh VERSION FOLDER
set -euo pipefail
version=$1 root=$2
programs=/usr/lib/postgresql/$version/bin
[ -x "$programs/initdb" ] || { echo "PostgreSQL $version is not installed: apt-get install postgresql-$version" >&2; exit 1; }

mkdir -p "$root"/{etc,tmp,usr/{bin,lib,lib64,sbin}}
for folder in bin lib lib64 sbin; do ln -s "usr/$folder" "$root/$folder"; done
# The user of the image, by whose name the server asks.
printf 'root:x:0:0::/:\npostgres:x:999:999::/:/bin/bash\n' >"$root/etc/passwd"
printf 'root:x:0:\npostgres:x:999:\n' >"$root/etc/group"

# Compiling queries at run time needs a library of 100 MB, and the server goes without.
files() { dpkg -L "$@" | grep -vE '/(man|doc|locale|bitcode|lintian)/|llvmjit' | while read -r file; do [ -d "$file" ] || echo "$file"; done; }
files "postgresql-$version" "postgresql-client-$version" bash coreutils findutils grep sed util-linux tzdata |
  tar -C / --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$root" -xf - --keep-directory-symlink
# initdb and pg_rewind start others by a shell.
ln -sf bash "$root/usr/bin/sh"
# What they are linked with; scripts among them are linked with nothing, and ldd calls that a failure. A link is followed,
# because what it leads to is not in the list.
{ find "$root/usr/bin" "$root/usr/lib/postgresql" -type f -exec ldd {} + 2>/dev/null || true; } |
  awk '$2 == "=>" { print $3 } /^\t\// { print $1 }' | sort -u |
  while read -r library; do mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; done
# Found in the PATH; the server looks for its own files beside where the link leads.
for program in "$programs"/*; do ln -s "$program" "$root/usr/bin/$(basename "$program")"; done
