import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join, basename } from 'node:path';
import { encodeLogEntry, LineSplitter, type LogEntry, type LogStream } from './log-line.ts';

/** When a log file is cut and how many are kept. */
export interface LogRotation {
  /** Bytes a file may have before a new one is begun. */
  readonly maxBytes: number;
  /** Files kept, the one being written included; at least 2. */
  readonly maxFiles: number;
}

/** The files of one log, oldest first: rotated ones have a number behind their name, the newest has none. */
export async function logFilesOf(path: string): Promise<string[]> {
  const name = basename(path);
  const entries = await readdir(dirname(path)).catch((): string[] => []);
  const rotated = entries
    .filter((entry) => entry.startsWith(`${name}.`) && /^\d+$/.test(entry.slice(name.length + 1)))
    .sort(
      (left, right) => Number(left.slice(name.length + 1)) - Number(right.slice(name.length + 1)),
    );
  return [...rotated, ...(entries.includes(name) ? [name] : [])].map((entry) =>
    join(dirname(path), entry),
  );
}

/**
 * Writes what one life of a container says, one entry a line, and tells readers that follow.
 *
 * Guarantees: entries of both streams are stored in the order they were written; `write` resolves when
 * the bytes were handed to the file, so a fast container is slowed down by its own log.
 */
export class LogWriter {
  readonly #path: string;
  readonly #rotation: LogRotation;
  readonly #now: () => number;
  readonly #splitters: Readonly<Record<LogStream, LineSplitter>> = {
    stdout: new LineSplitter('stdout'),
    stderr: new LineSplitter('stderr'),
  };
  /** Called after each write and at the end. */
  readonly #listeners = new Set<() => void>();
  #file: FileHandle | undefined;
  #size = 0;
  #generation = 0;
  /** The write before; writes follow one another. */
  #tail: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string, rotation: LogRotation, now: () => number) {
    this.#path = path;
    this.#rotation = rotation;
    this.#now = now;
  }

  /** No more will be written. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Begins the file. */
  async open(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    this.#file = await open(this.#path, 'a');
    this.#size = (await this.#file.stat()).size;
  }

  /** Stores bytes of a stream. */
  write(stream: LogStream, chunk: Uint8Array): Promise<void> {
    return this.#append(this.#splitters[stream].push(chunk, this.#now()));
  }

  /** Stores what had no newline yet and ends the file; may be repeated. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#append([
      ...this.#splitters.stdout.flush(this.#now()),
      ...this.#splitters.stderr.flush(this.#now()),
    ]);
    this.#closed = true;
    await this.#file?.close();
    this.#file = undefined;
    this.#tell();
  }

  /** Calls back whenever more can be read, until the returned function is called. */
  onGrowth(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #append(entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    this.#tail = this.#tail.then(async () => {
      const bytes = Buffer.concat(entries.map(encodeLogEntry));
      if (this.#size > 0 && this.#size + bytes.length > this.#rotation.maxBytes) {
        await this.#rotate();
      }
      await this.#file?.appendFile(bytes);
      this.#size += bytes.length;
      this.#tell();
    });
    return this.#tail;
  }

  async #rotate(): Promise<void> {
    await this.#file?.close();
    this.#generation += 1;
    await rename(this.#path, `${this.#path}.${String(this.#generation)}`);
    const files = await logFilesOf(this.#path);
    const surplus = files.slice(0, Math.max(files.length - (this.#rotation.maxFiles - 1), 0));
    for (const file of surplus) await rm(file, { force: true });
    this.#file = await open(this.#path, 'a');
    this.#size = 0;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
