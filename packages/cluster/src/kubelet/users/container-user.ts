import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { ProcessImage } from '../images/image.ts';
import type { RuntimeUser } from '../runtime/contracts.ts';
import { findExecutable } from '../runtime/executable.ts';
import { groupsOf, mayChangeUser, ownUser } from './machine-users.ts';
import { mayAccess } from './path-access.ts';
import type { RequestedUser } from './requested-user.ts';

/** The user a container runs as. */
export interface ContainerUser {
  readonly user: RuntimeUser;
  /** Why it is not the one the pod asks for; undefined when it is. */
  readonly shortfall?: string;
}

/** What a container is about to execute. */
export interface Executed {
  readonly file: string;
  readonly args: readonly string[];
  /** Folders it must be able to enter. */
  readonly folders: readonly string[];
}

/**
 * Decides which user of this machine a container runs as. Only root can start programs as somebody else, and a
 * program in a folder that is closed to the user cannot be started as that user: then it is the own user, and the
 * shortfall says why.
 */
export async function containerUser(
  requested: RequestedUser,
  image: ProcessImage,
  executed: Executed,
): Promise<ContainerUser> {
  const own = ownUser();
  const imageUid = requested.uid ?? image.user?.uid;
  if (imageUid === undefined && requested.gid === undefined) return { user: own };
  const mapped = image.users?.[imageUid ?? own.uid];
  const uid = mapped?.uid ?? imageUid ?? own.uid;
  if (!mayChangeUser()) {
    const isOwn = requested.uid === undefined || uid === own.uid;
    return isOwn
      ? { user: own }
      : { user: own, shortfall: `only root can start programs as user ${uid}` };
  }
  const known = await groupsOf(uid);
  const gid = requested.gid ?? mapped?.gid ?? image.user?.gid ?? known?.gid ?? 0;
  const groups = new Set([gid, ...(known?.others ?? []), ...requested.groups]);
  const wanted: RuntimeUser = { uid, gid, supplementalGroups: [...groups] };
  const closed = await firstClosed(wanted, executed);
  if (closed !== undefined) {
    return { user: own, shortfall: `user ${uid} may not read ${closed}` };
  }
  if (groups.size > 1 && !(await hasSetpriv())) {
    return {
      user: { ...wanted, supplementalGroups: [gid] },
      shortfall: 'supplementary groups need the program setpriv, which is not installed',
    };
  }
  return { user: wanted };
}

/** The first path that is there but closed to the user. */
async function firstClosed(
  user: RuntimeUser,
  { file, args, folders }: Executed,
): Promise<string | undefined> {
  for (const folder of folders) {
    if (!(await mayAccess(user, folder, 'execute'))) return folder;
  }
  if (!(await mayAccess(user, file, 'execute'))) return file;
  for (const argument of args) {
    if (!isAbsolute(argument) || (await stat(argument).catch(() => undefined)) === undefined)
      continue;
    if (!(await mayAccess(user, argument, 'read'))) return argument;
  }
  return undefined;
}

async function hasSetpriv(): Promise<boolean> {
  return (await findExecutable('setpriv', process.env['PATH'] ?? '', '/')).found;
}
