import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command has of the world around it. */
export interface CommandContext {
  /** Where answers to questions are read. */
  readonly stdin: Readable;
  /** Whether something is piped or redirected into `stdin`: it is no terminal, and not closed. */
  readonly hasInput: boolean;
  /** What the command is asked for. */
  readonly stdout: OutputStream;
  /** What it says besides. */
  readonly stderr: OutputStream;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
