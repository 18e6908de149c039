import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One process of this machine. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Memory it holds in RAM. */
  readonly residentBytes: number;
}

/** Bytes of a memory page; 4 KiB everywhere but on some arm64 kernels, where the count is then too low. */
const pageBytes = 4096;

/** All processes of this machine: from `/proc` on Linux, from `ps` elsewhere. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  return process.platform === 'linux' ? listFromProc() : listFromPs();
}

async function listFromProc(): Promise<ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    // A process that ends meanwhile has no file any more.
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')),
  );
  return found.flatMap(parseProcStat);
}

/** Reads a line of `/proc/<pid>/stat`; empty when it is none. The program's name may hold blanks and brackets. */
export function parseProcStat(line: string): ProcessInfo[] {
  const close = line.lastIndexOf(')');
  if (close < 0) return [];
  const fields = line.slice(close + 2).split(' ');
  // Fields 3 (state), 4 (ppid), 5 (pgrp) and 24 (rss) of proc(5); the first after the name is field 3.
  const [state, parent, group] = fields;
  if (state === 'Z' || state === 'X') return [];
  return [
    {
      pid: Number(line.slice(0, line.indexOf(' '))),
      parent: Number(parent),
      group: Number(group),
      residentBytes: Number(fields[21]) * pageBytes,
    },
  ];
}

async function listFromPs(): Promise<ProcessInfo[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,pgid=,rss=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, group, kibibytes] = line.trim().split(/\s+/).map(Number);
    if (pid === undefined || parent === undefined || group === undefined) return [];
    return [{ pid, parent, group, residentBytes: (kibibytes ?? 0) * 1024 }];
  });
}

/**
 * The processes of a container: those of its groups and all their descendants.
 * A descendant that left the group is found through its parents while they live.
 */
export function processesOf(
  all: readonly ProcessInfo[],
  leaders: readonly number[],
): readonly ProcessInfo[] {
  const members = new Set(leaders);
  const children = Map.groupBy(all, (info) => info.parent);
  const queue = all.filter((info) => members.has(info.pid) || leaders.includes(info.group));
  const found = new Map<number, ProcessInfo>();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next.pid)) continue;
    found.set(next.pid, next);
    queue.push(...(children.get(next.pid) ?? []));
  }
  return [...found.values()];
}

/** Sends a signal; a process or group that is gone is no error. A negative id means a group. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // ESRCH: gone. EPERM: on macOS also what a group of zombies answers.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/**
 * Kills the groups of a container and whatever descends from them or carries its mark in the environment.
 * Linux only finds marked processes that have left group and parents; elsewhere such a daemon survives
 * until the machine is asked with `ps`, which shows no foreign environments.
 */
export async function killProcesses(leaders: readonly number[], mark: string): Promise<void> {
  for (const leader of leaders) sendSignal(-leader, 'SIGKILL');
  for (let tries = 0; tries < maxKillTries; tries += 1) {
    if ((await killOnce(leaders, mark)) === 0) return;
    // The kernel needs a moment; a process that was being made just then is found by the next try.
    await delay(killPauseMs);
  }
}

/** Tries until no process of a container is left, and the pause between them in milliseconds. */
const maxKillTries = 100;
const killPauseMs = 5;

async function killOnce(leaders: readonly number[], mark: string): Promise<number> {
  // Without a list the groups and marks below are still killed.
  const all = await listProcesses().catch(() => []);
  const members = new Set(processesOf(all, leaders).map((info) => info.pid));
  for (const pid of await markedProcesses(mark)) members.add(pid);
  for (const pid of members) sendSignal(pid, 'SIGKILL');
  return members.size;
}

async function markedProcesses(mark: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map(async (pid) => {
      // Unreadable: another user's, or gone.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(mark) ? [Number(pid)] : [];
    }),
  );
  return marked.flat().filter((pid) => pid !== process.pid);
}
