import { Readable, Writable } from 'node:stream';
import { runCommandLine, type CommandContext, type ExitCode } from '../../src/index.ts';

/** What one run of the command left. */
export interface CapturedRun {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, without a terminal; what it prints is captured. */
export async function runCaptured(
  argv: readonly string[],
  given: { readonly stdin?: string | Readable } & Partial<
    Pick<CommandContext, 'env' | 'cwd' | 'signal'>
  > = {},
): Promise<CapturedRun> {
  const { stdin, env = {}, cwd = process.cwd(), signal = new AbortController().signal } = given;
  const written = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  const exitCode = await runCommandLine(argv, {
    stdin: stdin instanceof Readable ? stdin : Readable.from(stdin === undefined ? [] : [stdin]),
    hasInput: stdin !== undefined,
    stdout: into('stdout'),
    stderr: into('stderr'),
    env,
    cwd,
    signal,
  });
  return { exitCode, ...written };
}
