import { readFile } from 'node:fs/promises';
import type { ProcessInfo } from './process-tree.ts';

/**
 * Memory that some processes hold together and that cannot be taken back: their own and what they share, each page in
 * parts among those that map it. Pages of files are left out, which the kernel drops before it calls a cgroup out of
 * memory. Resident memory stands in where the kernel does not tell.
 */
export async function heldBytes(processes: readonly ProcessInfo[]): Promise<number> {
  const each = await Promise.all(processes.map(heldBy));
  return each.reduce((sum, bytes) => sum + bytes, 0);
}

async function heldBy({ pid, residentBytes }: ProcessInfo): Promise<number> {
  try {
    return parseRollup(await readFile(`/proc/${String(pid)}/smaps_rollup`, 'latin1'));
  } catch {
    return residentBytes; // ended, of another user, or no such file on this system
  }
}

/**
 * Reads `/proc/<pid>/smaps_rollup` (proc_pid_smaps(5)): the anonymous and the shared memory, by parts.
 *
 * @throws RangeError when it does not tell, as before Linux 5.4.
 */
export function parseRollup(text: string): number {
  const kibibytes = ['Pss_Anon', 'Pss_Shmem'].map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]),
  );
  const bytes = kibibytes.reduce((sum, value) => sum + value, 0) * 1024;
  if (Number.isNaN(bytes)) throw new RangeError('no Pss_Anon and Pss_Shmem in it');
  return bytes;
}
