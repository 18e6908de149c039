import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ImageMap, ProcessImage } from '@kubewright/cluster';
import { databaseUsers, postgresImages } from './postgres-images.ts';

const root = new URL('../../../', import.meta.url);

/**
 * The images of this repository as programs of this machine: `fragile-app:latest`, every operator that can be run, as
 * `<name>:<version>` of its package.json, and `postgres:<version>`. Operators run from their sources, so nothing has to be
 * built. `busybox` is the shell of this machine: what its containers run, such as `echo`, is found in the PATH.
 */
export function repositoryImages(): ImageMap {
  // One operator's image is also that of the agents beside PostgreSQL.
  const users = databaseUsers();
  const operators = readdirSync(new URL('operators/', root))
    .map((folder) => new URL(`operators/${folder}/`, root))
    .filter((folder) => existsSync(new URL('src/main.ts', folder)))
    .map((folder) => {
      const text = readFileSync(new URL('package.json', folder), 'utf8');
      const { name, version } = JSON.parse(text) as { name: string; version: string }; // our own file
      return [
        `${name.replace(/^@[^/]+\//, '')}:${version}`,
        { ...programOf(new URL('src/main.ts', folder)), ...users },
      ] as const;
    });
  return {
    busybox: { command: ['sh'] },
    'fragile-app:latest': programOf(new URL('apps/fragile-app/server.js', root)),
    ...Object.fromEntries(operators),
    ...postgresImages(),
  };
}

function programOf(file: URL): ProcessImage {
  return { command: [process.execPath, fileURLToPath(file)] };
}
