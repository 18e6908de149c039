import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts a program of this workspace, with its messages on our standard error. */
export function start(file: URL, args: readonly string[] = [], kubeconfig?: string): ChildProcess {
  const env = kubeconfig === undefined ? process.env : { ...process.env, KUBECONFIG: kubeconfig };
  return spawn(process.execPath, [fileURLToPath(file), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Waits for the first line of its output. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError('the output of the process is not piped');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process ended without a word: see its messages above');
}

/** Runs a program to its end. @returns the line that it printed */
export async function lineOf(
  file: URL,
  args: readonly string[],
  kubeconfig: string,
): Promise<string> {
  const child = start(file, args, kubeconfig);
  const ended = once(child, 'exit');
  const line = await firstLine(child);
  await ended;
  return line;
}
