import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageMap, ImageUser } from '@kubewright/cluster';

/** Where Debian and its kin put the programs of each major version of PostgreSQL. */
const debianFolder = '/usr/lib/postgresql';
/** The major versions that a DatabaseCluster may ask for. */
const majorVersions = ['12', '13', '14', '15'];
/** User that the image runs as, and that the pods of databases ask for. */
const imageUser = 999;

/**
 * `postgres:<major version>` as the programs of this machine. A version that is not installed is an image whose pull fails
 * with what to install, so that the pod says it.
 *
 * @param installations - Folder with a folder for each version.
 */
export function postgresImages(installations: string = debianFolder): ImageMap {
  const users = databaseUsers();
  return Object.fromEntries(
    majorVersions.map((version) => {
      const programs = join(installations, version, 'bin');
      return [
        `postgres:${version}`,
        existsSync(join(programs, 'initdb'))
          ? { command: ['bash'], path: [programs], ...users }
          : {
              pullError: `PostgreSQL ${version} is not installed on this machine: there is no ${programs}/initdb. Install it (Debian: apt-get install postgresql-${version}) and start the cluster again`,
            },
      ];
    }),
  );
}

/**
 * For images whose containers share files with those of PostgreSQL: the user of the image is the one that the programs
 * were installed for, whom the server looks up by name. Nothing where there is no such user.
 */
export function databaseUsers(): { readonly users?: Readonly<Record<number, ImageUser>> } {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
    return { users: { [imageUser]: { uid: id('-u'), gid: id('-g') } } };
  } catch {
    return {};
  }
}
