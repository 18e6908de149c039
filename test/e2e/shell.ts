import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A program ended with another exit code than 0. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'COMMAND';
}

/** What a program is run with. */
export interface RunOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given on standard input. Default: none. */
  readonly input?: string;
}

/**
 * Runs a program in the root of the repository and gives what it wrote to standard output.
 *
 * @throws CommandError with all it wrote when it fails.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const all: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => {
    out.push(part);
    all.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    all.push(part);
  });
  // A program that reads no input may be gone before it gets any.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new CommandError(`${program} could not be started: ${cause.message}`, { cause })),
    );
    child.once('close', resolve);
  });
  if (code === 0) return Buffer.concat(out).toString('utf8');
  throw new CommandError(
    `${program} ${args.join(' ')} ended with ${String(code)}:\n${Buffer.concat(all).toString('utf8')}`,
  );
}

/** Runs commands as a person would type them into a shell, one failing command failing all. */
export async function shell(commands: string, options: RunOptions = {}): Promise<string> {
  return run('bash', ['-euo', 'pipefail', '-c', commands], options);
}

/** The kubectl that `KUBECTL` names, or the one in the PATH. */
export const kubectlProgram: string = process.env['KUBECTL'] ?? 'kubectl';

/** Runs kubectl and gives what it wrote. */
export async function kubectl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  return run(kubectlProgram, args, options);
}
