/** Which of the two streams a line came from. */
export type LogStream = 'stdout' | 'stderr';

/** One entry of a log file: a line, or a part of a line that was too long for one entry. */
export interface LogEntry {
  /** RFC 3339 in UTC with nine fractional digits. */
  readonly time: string;
  readonly stream: LogStream;
  /** The entry ends a line; otherwise the next one of its stream continues it. */
  readonly full: boolean;
  readonly content: Buffer;
}

/** Bytes of one entry at most; a longer line is stored in parts, as container runtimes do. */
export const maxEntryBytes = 16 * 1024;

const newline = 0x0a;

/** `2026-01-02T03:04:05.006000000Z`: the time of a log entry. */
export function formatLogTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '000000Z');
}

/** Writes an entry as a container runtime does: time, stream, `F` or `P`, content. */
export function encodeLogEntry(entry: LogEntry): Buffer {
  return Buffer.concat([
    Buffer.from(`${entry.time} ${entry.stream} ${entry.full ? 'F' : 'P'} `),
    entry.content,
    Buffer.from([newline]),
  ]);
}

/** Reads an entry from its line (without the newline); undefined when it is damaged. */
export function decodeLogEntry(line: Buffer): LogEntry | undefined {
  const first = line.indexOf(0x20);
  const second = line.indexOf(0x20, first + 1);
  const third = line.indexOf(0x20, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  const tag = line.toString('latin1', second + 1, third);
  if ((stream !== 'stdout' && stream !== 'stderr') || (tag !== 'F' && tag !== 'P')) {
    return undefined;
  }
  return {
    time: line.toString('latin1', 0, first),
    stream,
    full: tag === 'F',
    content: line.subarray(third + 1),
  };
}

/** Cuts the bytes of one stream into entries; keeps what has no newline yet. */
export class LineSplitter {
  readonly #stream: LogStream;
  /** Bytes since the last newline; shorter than {@link maxEntryBytes}. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: LogStream) {
    this.#stream = stream;
  }

  /** The entries that are complete with this chunk. */
  push(chunk: Uint8Array, timeMs: number): LogEntry[] {
    const time = formatLogTime(timeMs);
    const entries: LogEntry[] = [];
    let bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = bytes.indexOf(newline);
      const limit = end < 0 ? bytes.length : end;
      if (limit >= maxEntryBytes && !(end === maxEntryBytes)) {
        entries.push(this.#entry(time, bytes.subarray(0, maxEntryBytes), false));
        bytes = bytes.subarray(maxEntryBytes);
        continue;
      }
      if (end < 0) break;
      entries.push(this.#entry(time, bytes.subarray(0, end), true));
      bytes = bytes.subarray(end + 1);
    }
    // A copy, so that a short rest does not keep a large chunk alive.
    this.#rest = Buffer.from(bytes);
    return entries;
  }

  /** What is left without a newline when the stream has ended. */
  flush(timeMs: number): LogEntry[] {
    if (this.#rest.length === 0) return [];
    const entry = this.#entry(formatLogTime(timeMs), this.#rest, true);
    this.#rest = Buffer.alloc(0);
    return [entry];
  }

  #entry(time: string, content: Buffer, full: boolean): LogEntry {
    return { time, stream: this.#stream, full, content };
  }
}
