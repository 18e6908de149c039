import { open, readFile, stat } from 'node:fs/promises';
import { decodeLogEntry, type LogEntry } from './log-line.ts';
import { logFilesOf, type LogWriter } from './log-file.ts';

/** What part of a log is wanted, and how. */
export interface LogReadOptions {
  /** Only the last lines. */
  readonly tailLines?: number | undefined;
  /** Only lines at or after this time, in milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Each line begins with its time. Default false. */
  readonly timestamps?: boolean | undefined;
  /** No more bytes than this are given. */
  readonly limitBytes?: number | undefined;
  /** Only one of the streams. Default: both. */
  readonly stream?: 'stdout' | 'stderr' | undefined;
  readonly signal?: AbortSignal | undefined;
}

const newline = 0x0a;

/**
 * The log of one life, as `kubectl logs` shows it.
 * With a writer it is followed until the writer is closed; leaving the loop or aborting ends it sooner.
 */
export async function* readLog(
  path: string,
  options: LogReadOptions = {},
  follow?: LogWriter,
): AsyncGenerator<Uint8Array> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const line of lines(path, options, follow)) {
    if (left <= 0) return;
    const bytes = line.length > left ? line.subarray(0, left) : line;
    left -= bytes.length;
    yield bytes;
  }
}

/**
 * The end of a log as a termination message: at most `maxLines` lines and `maxBytes` bytes.
 * Kubernetes allows 80 lines and 2,048 bytes.
 */
export async function readLogTail(
  path: string,
  maxLines: number,
  maxBytes: number,
): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of readLog(path, { tailLines: maxLines })) parts.push(part);
  const bytes = Buffer.concat(parts);
  return bytes.subarray(Math.max(bytes.length - maxBytes, 0)).toString('utf8');
}

async function* lines(
  path: string,
  options: LogReadOptions,
  follow: LogWriter | undefined,
): AsyncGenerator<Buffer> {
  const position: FilePosition = { inode: undefined, offset: 0, rest: Buffer.alloc(0) };
  const existing = await readExisting(path, options, position);
  for (const line of existing) {
    if (options.signal?.aborted === true) return;
    yield line;
  }
  if (follow === undefined) return;
  for (;;) {
    const closed = follow.closed;
    const growth = closed ? undefined : nextGrowth(follow, options.signal);
    let grew = false;
    for (const line of await readNew(path, options, position)) {
      grew = true;
      yield line;
    }
    if (options.signal?.aborted === true || (closed && !grew)) {
      growth?.stop();
      return;
    }
    await growth?.promise;
  }
}

interface FilePosition {
  /** The file the offset belongs to; rotation makes a new one. */
  inode: number | undefined;
  offset: number;
  /** Bytes of an entry that is not complete yet. */
  rest: Buffer;
}

async function readExisting(
  path: string,
  options: LogReadOptions,
  position: FilePosition,
): Promise<Buffer[]> {
  const entries: LogEntry[] = [];
  for (const file of await logFilesOf(path)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    const cut = bytes.lastIndexOf(newline) + 1;
    if (file === path) {
      position.inode = (await stat(file).catch(() => undefined))?.ino;
      position.offset = bytes.length;
      position.rest = Buffer.from(bytes.subarray(cut));
    }
    entries.push(...decodeAll(bytes.subarray(0, cut)));
  }
  const wanted = entries.filter((entry) => isWanted(entry, options));
  return tail(wanted, options.tailLines).map((entry) => render(entry, options));
}

async function readNew(
  path: string,
  options: LogReadOptions,
  position: FilePosition,
): Promise<Buffer[]> {
  const found: LogEntry[] = [];
  for (const file of await logFilesOf(path)) {
    const handle = await open(file, 'r').catch(() => undefined);
    if (handle === undefined) continue;
    try {
      const { ino, size } = await handle.stat();
      if (ino !== position.inode) {
        // Rotated files keep their inode: one that is not ours and not the newest was read before.
        if (file !== path) continue;
        position.inode = ino;
        position.offset = 0;
        position.rest = Buffer.alloc(0);
      }
      if (size <= position.offset) continue;
      const bytes = Buffer.alloc(size - position.offset);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, position.offset);
      position.offset += bytesRead;
      const all = Buffer.concat([position.rest, bytes.subarray(0, bytesRead)]);
      const cut = all.lastIndexOf(newline) + 1;
      position.rest = Buffer.from(all.subarray(cut));
      found.push(...decodeAll(all.subarray(0, cut)));
    } finally {
      await handle.close();
    }
  }
  return found.filter((entry) => isWanted(entry, options)).map((entry) => render(entry, options));
}

function decodeAll(bytes: Buffer): LogEntry[] {
  const entries: LogEntry[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
    const entry = decodeLogEntry(bytes.subarray(start, end));
    if (entry !== undefined) entries.push(entry);
    start = end + 1;
  }
  return entries;
}

function isWanted(entry: LogEntry, options: LogReadOptions): boolean {
  if (options.stream !== undefined && entry.stream !== options.stream) return false;
  return options.sinceMs === undefined || Date.parse(entry.time) >= options.sinceMs;
}

/** The entries of the last `count` lines; a line may have several entries. */
function tail(entries: LogEntry[], count: number | undefined): LogEntry[] {
  if (count === undefined) return entries;
  let start = entries.length;
  let complete = 0;
  while (start > 0) {
    // The entry before ends a line: a new one begins here.
    const previous = entries[start - 1];
    if (previous?.full === true || start === entries.length) {
      if (complete === count) break;
      complete += 1;
    }
    start -= 1;
  }
  return entries.slice(start);
}

function render(entry: LogEntry, options: LogReadOptions): Buffer {
  const content = entry.full ? Buffer.concat([entry.content, Buffer.from('\n')]) : entry.content;
  return options.timestamps === true
    ? Buffer.concat([Buffer.from(`${entry.time} `), content])
    : content;
}

function nextGrowth(
  writer: LogWriter,
  signal: AbortSignal | undefined,
): { promise: Promise<undefined>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => {
    forget();
    signal?.removeEventListener('abort', stop);
    resolve(undefined);
  };
  const forget = writer.onGrowth(stop);
  signal?.addEventListener('abort', stop, { once: true });
  return { promise, stop };
}
