import { readFile } from 'node:fs/promises';
import type { RuntimeUser } from '../runtime/contracts.ts';

/** The user this process runs as; zeros where the system has no such users. */
export function ownUser(): RuntimeUser {
  return {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    supplementalGroups: process.getgroups?.() ?? [],
  };
}

/** Whether this process may start others as any user. */
export function mayChangeUser(): boolean {
  return process.getuid?.() === 0;
}

/** The groups of a user by the machine's own records; undefined when they do not know the user. */
export async function groupsOf(
  uid: number,
): Promise<{ readonly gid: number; readonly others: readonly number[] } | undefined> {
  const users = await records('/etc/passwd');
  const user = users.find(([, , id]) => id === String(uid));
  const [name, , , gid] = user ?? [];
  if (name === undefined || gid === undefined) return undefined;
  const groups = await records('/etc/group');
  const others = groups
    .filter(([, , , members = '']) => members.split(',').includes(name))
    .map(([, , id]) => Number(id));
  return { gid: Number(gid), others };
}

/** Lines of a file whose fields are parted by colons. */
async function records(file: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}
