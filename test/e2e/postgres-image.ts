import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessImage } from '@kubewright/cluster';
import { databaseUsers } from '@kubewright/walk-through';

/** Where Debian and its kin put the programs of each version of PostgreSQL. */
const versions = '/usr/lib/postgresql';

/** Folder with the server programs of the newest PostgreSQL on this machine; undefined when there is none. */
export function postgresPrograms(): string | undefined {
  const found = existsSync(versions) ? readdirSync(versions) : [];
  return found
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/** User that the official image of PostgreSQL runs as, and pods ask for. */
export const imageUser = 999;

/**
 * PostgreSQL as an image of the embedded cluster: what the entrypoint of the official image does, with its files below
 * the container's own root and on the address of its pod.
 */
export function postgresImage(programs: string): ProcessImage {
  return {
    command: ['/bin/sh', '-c', entrypoint, 'postgres'],
    path: [programs],
    // A Unix socket, and so a client without a host, is found by everything that runs in the container.
    env: { PGHOST: '$(TMPDIR)', PGUSER: 'postgres' },
    // SIGINT: a fast shutdown, which does not wait for clients to leave.
    stopSignal: 'SIGINT',
    ...databaseUsers(),
  };
}

const entrypoint = `
set -eu
data="$KUBEWRIGHT_ROOT$PGDATA"
mkdir -p "$data"
# A volume shared with a group opens what is in it to the group; the server insists on having it for itself.
chmod 700 "$data"
if ! [ -s "$data/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" > "$TMPDIR/password"
  initdb -D "$data" -U postgres --pwfile="$TMPDIR/password" --auth=scram-sha-256 --auth-local=trust --no-sync
  rm "$TMPDIR/password"
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  postgres --single -D "$data" postgres < "$KUBEWRIGHT_ROOT/docker-entrypoint-initdb.d/init.sql"
fi
exec postgres -D "$data" -c listen_addresses="$HOST" -c port="$PORT" -c unix_socket_directories="$TMPDIR" "$@"
`;
