import { spawn, type StdioOptions } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A program to run for its output. */
export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Give it the terminal: standard input and standard error of this process. */
  readonly isInteractive: boolean;
  /** Bound of the run, in milliseconds; undefined for none. */
  readonly timeoutMs: number | undefined;
  /** Ends the program. */
  readonly signal: AbortSignal;
}

/** How a program ended. */
export type ProgramResult =
  | { readonly outcome: 'ended'; readonly output: string }
  | { readonly outcome: 'not-found'; readonly error: Error }
  | {
      readonly outcome: 'failed';
      /** How it failed, as the predicate of a sentence. */
      readonly text: string;
      /** End of what it wrote to standard error. */
      readonly errorOutput: string;
      readonly error?: unknown;
    };

// An ExecCredential with a certificate chain is some ten kilobytes.
const maxOutputBytes = 1024 * 1024;
const maxErrorCharacters = 2_000;
// What the program wrote is in the pipe when it ends; whatever holds the pipe open after that is another program.
const maxOutputDelayMs = 500;

/**
 * Runs a program and collects its standard output. Rejects with the signal's reason when aborted.
 *
 * Guarantees: what the program started, and left running with its output open, does not delay the answer.
 */
export async function runProgram(options: ProgramOptions): Promise<ProgramResult> {
  const { command, args, env, isInteractive, timeoutMs, signal } = options;
  signal.throwIfAborted();
  const stdio: StdioOptions = isInteractive
    ? ['inherit', 'pipe', 'inherit']
    : ['ignore', 'pipe', 'pipe'];
  const child = spawn(command, args, { env, stdio, windowsHide: true });
  let stopped: string | undefined;
  const closeOutput = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const stop = (text: string): void => {
    stopped ??= text;
    child.kill('SIGKILL');
    // Its own children may live on: a script's, for example, that waits for the network.
    closeOutput();
  };
  const onAbort = (): void => stop('was ended');
  signal.addEventListener('abort', onAbort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => stop(`did not end within ${timeoutMs / 1000} s`), timeoutMs);
  const output = collect(child.stdout, () => stop('wrote more than 1 MiB'));
  const errorOutput = collect(child.stderr, () => undefined);
  const { promise, resolve } = Promise.withResolvers<ProgramResult>();
  child.once('error', (error) => {
    const isMissing = 'code' in error && error.code === 'ENOENT';
    resolve(
      isMissing
        ? { outcome: 'not-found', error }
        : { outcome: 'failed', text: 'could not be started', errorOutput: error.message, error },
    );
  });
  let outputTimer: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    outputTimer = setTimeout(closeOutput, maxOutputDelayMs);
  });
  child.once('close', (code, endSignal) => {
    const text =
      stopped ??
      (endSignal === null ? `ended with code ${code ?? 0}` : `was ended by ${endSignal}`);
    resolve(
      code === 0 && stopped === undefined
        ? { outcome: 'ended', output: output() }
        : { outcome: 'failed', text, errorOutput: errorOutput().slice(-maxErrorCharacters) },
    );
  });
  try {
    const result = await promise;
    signal.throwIfAborted();
    return result;
  } finally {
    clearTimeout(timer);
    clearTimeout(outputTimer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Gathers a stream's text up to a bound, beyond which it is read and dropped so that the program does not block. */
function collect(stream: Readable | null, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    length += chunk.byteLength;
    if (length <= maxOutputBytes) chunks.push(chunk);
    else onTooMuch();
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
