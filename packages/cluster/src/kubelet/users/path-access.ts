import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RuntimeUser } from '../runtime/contracts.ts';

/** What is to be done with a path. */
export type Access = 'read' | 'execute';

const bits: Readonly<Record<Access, number>> = { read: 0o4, execute: 0o1 };

/**
 * Whether a user may reach a path and read or execute it, by owners and permission bits of the path and of the folders
 * above it. A folder is executed by going through it.
 */
export async function mayAccess(user: RuntimeUser, path: string, access: Access): Promise<boolean> {
  if (user.uid === 0) return true;
  if (!(await allows(user, path, access))) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!(await allows(user, folder, 'execute'))) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function allows(user: RuntimeUser, path: string, access: Access): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return false;
  const bit = bits[info.isDirectory() ? 'execute' : access];
  if (info.uid === user.uid) return (info.mode & (bit << 6)) !== 0;
  const isMember = info.gid === user.gid || user.supplementalGroups.includes(info.gid);
  return (info.mode & (isMember ? bit << 3 : bit)) !== 0;
}
