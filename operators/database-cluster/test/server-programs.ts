import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/** Where Debian and its kin put the programs of each major version of PostgreSQL. */
const versions = '/usr/lib/postgresql';

/** The newest PostgreSQL of this machine that a DatabaseCluster can run; undefined: there is none. */
export const installedVersion = (existsSync(versions) ? readdirSync(versions) : [])
  .filter((version) => ['13', '14', '15'].includes(version))
  .sort()
  .findLast((version) => existsSync(`${versions}/${version}/bin/initdb`));

/** Folder of its programs. */
export const serverPrograms = `${versions}/${installedVersion ?? ''}/bin`;

/** Why no database can run here; undefined: it can. */
export const missingPrograms =
  installedVersion === undefined
    ? `NOT RUN: no server programs of PostgreSQL 13, 14 or 15 in ${versions}: apt-get install postgresql`
    : undefined;

/** The user that servers run as: PostgreSQL refuses to run as root. Undefined: whoever runs the tests. */
export function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Makes this process that user for good: what it writes is then the server's to read, as in a pod. */
export function becomeServerUser(): void {
  const user = serverUser();
  if (user === undefined) return;
  // Safe: there where getuid is, which serverUser has asked.
  process.setgroups?.([user.gid]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
}
