import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeUser } from '../runtime/contracts.ts';
import { mayChangeUser } from './machine-users.ts';

/**
 * Gives a folder that the kubelet has made, and what is in it, to a container's user. Links are not followed.
 * Nothing happens when it is that user's already: what came to be in it since is left alone.
 */
export async function giveTo(user: RuntimeUser, folder: string): Promise<void> {
  if (!mayChangeUser()) return;
  const { uid, gid } = await lstat(folder);
  if (uid === user.uid && gid === user.gid) return;
  for (const path of await entriesUnder(folder)) await lchown(path, user.uid, user.gid);
  // At the end, because its owner says that all is done.
  await chown(folder, user.uid, user.gid);
}

/**
 * Makes a volume usable by a group, as `fsGroup` asks: all in it belongs to the group, which may read and write;
 * what is made in its folders belongs to the group too.
 *
 * @param isWritable false for volumes whose content is not the pod's to change
 */
export async function shareWithGroup(
  folder: string,
  group: number,
  isWritable: boolean,
): Promise<void> {
  if (!mayChangeUser()) return;
  for (const path of [...(await entriesUnder(folder)), folder]) {
    const info = await lstat(path);
    await lchown(path, info.uid, group);
    if (info.isSymbolicLink()) continue;
    const shared = isWritable ? 0o660 : 0o440;
    await chmod(path, (info.mode & 0o7777) | shared | (info.isDirectory() ? 0o2110 : 0));
  }
}

/** Whether a folder itself is already as {@link shareWithGroup} leaves it. */
export async function isShared(folder: string, group: number): Promise<boolean> {
  const { gid, mode } = await lstat(folder);
  const wanted = 0o2770 & ~0o700;
  return gid === group && (mode & wanted) === wanted;
}

/** Lets every user in, as a fresh volume of a node does; only they can reach it who know where it is. */
export async function openToAll(folder: string): Promise<void> {
  if (mayChangeUser()) await chmod(folder, 0o777);
}

/** Lets other users pass through a folder without seeing what is in it. */
export async function openForPassing(folder: string): Promise<void> {
  if (mayChangeUser()) await chmod(folder, 0o711);
}

async function entriesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [...(await entriesUnder(path)), path] : [path];
    }),
  );
  return nested.flat();
}
