import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { spawnPlan } from '../users/run-as.ts';
import {
  RuntimeError,
  type ExecOptions,
  type RuntimeProcess,
  type RuntimeUser,
} from './contracts.ts';
import { execFailure, findExecutable } from './executable.ts';
import { sendSignal } from './process-tree.ts';

/** The surroundings of the container a command runs in. */
export interface ExecSurroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: RuntimeUser;
}

/**
 * Starts a command with the environment and working directory of a container, in a process group of its own.
 *
 * A terminal is offered through the system's `script` program, which allocates one; where it is missing the
 * command gets pipes. Its size cannot be changed that way.
 *
 * @param track told the leader of the new group and when it has ended.
 * @throws RuntimeError with code `exec` when the command cannot be started.
 */
export async function spawnExec(
  options: ExecOptions,
  surroundings: ExecSurroundings,
  track: (leader: number, ended: Promise<unknown>) => void,
): Promise<RuntimeProcess> {
  options.signal?.throwIfAborted();
  const { env, cwd, user } = surroundings;
  const [program] = options.command;
  if (program === undefined) throw new RuntimeError('exec', execFailure('no command specified'));
  const lookup = await findExecutable(program, env['PATH'] ?? '', cwd);
  if (!lookup.found) throw new RuntimeError('exec', execFailure(lookup.why));
  const [wanted, wantedArgs] = options.tty
    ? await withTerminal(options.command, env['PATH'] ?? '')
    : [lookup.file, options.command.slice(1)];
  const { file, args, options: identity } = spawnPlan(user, wanted, wantedArgs, wanted);
  const child = spawn(file, args, {
    ...identity,
    cwd,
    env: options.tty ? { TERM: 'xterm', ...env } : env,
    detached: true,
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  await started(child, program);
  const { stdout, stderr } = child;
  // Both were asked for as pipes.
  if (stdout === null || stderr === null) throw new RuntimeError('exec', execFailure('no output'));
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      sendSignal(-child.pid, 'SIGKILL');
    }
  };
  options.signal?.addEventListener('abort', kill, { once: true });
  child.stdin?.on('error', () => undefined);
  const exit = new Promise<{ exitCode: number }>((resolve) => {
    child.once('close', (code, signal) => {
      options.signal?.removeEventListener('abort', kill);
      resolve({ exitCode: code ?? (signal === null ? 255 : 128 + constants.signals[signal]) });
    });
  });
  if (child.pid !== undefined) track(child.pid, exit);
  return {
    stdin: child.stdin ?? undefined,
    stdout,
    stderr,
    exit,
    resize: () => undefined,
    kill,
  };
}

function started(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      child.on('error', () => undefined);
      resolve();
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const words = error.code === 'ENOEXEC' ? 'exec format error' : 'no such file or directory';
      const why = `exec ${program}: ${words}`;
      reject(new RuntimeError('exec', execFailure(why), { cause: error }));
    });
  });
}

async function withTerminal(
  command: readonly string[],
  searchPath: string,
): Promise<[string, readonly string[]]> {
  const script = await findExecutable('script', searchPath, '/');
  const [program = '', ...args] = command;
  if (!script.found) return [program, args];
  if (process.platform === 'linux') {
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    return [script.file, ['--quiet', '--return', '--flush', '--command', quoted, '/dev/null']];
  }
  return [script.file, ['-q', '/dev/null', ...command]];
}
