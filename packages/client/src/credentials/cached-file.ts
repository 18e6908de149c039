import { readFile } from 'node:fs/promises';
import { CredentialError } from './credential-error.ts';

/** How long a file's content is believed. */
export interface CachedFileOptions {
  /** Milliseconds after which it is read again. Default 60,000. */
  readonly maxAgeMs?: number | undefined;
  /** A clock that only goes forward, in milliseconds. Default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** A small text file that others replace now and then, such as a token or a certificate. */
export class CachedFile {
  readonly #path: string;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  #content: string | undefined;
  #readAtMs = 0;
  #isExpired = true;
  /** The read under way, shared by all who wait for it. */
  #reading: Promise<string> | undefined;

  constructor(path: string, options: CachedFileOptions = {}) {
    this.#path = path;
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The content, at most `maxAgeMs` old. A file that can no longer be read, or is empty, keeps its last content: it may
   * be in the middle of being replaced.
   *
   * @throws CredentialError `UNREADABLE_FILE` when there never was any.
   */
  async read(): Promise<string> {
    const isFresh = !this.#isExpired && this.#now() - this.#readAtMs < this.#maxAgeMs;
    if (isFresh && this.#content !== undefined) return this.#content;
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Makes the next {@link read} read the file. */
  expire(): void {
    this.#isExpired = true;
  }

  async #load(): Promise<string> {
    try {
      const content = await readFile(this.#path, 'utf8');
      // Without a token a request would be that of nobody, and be answered as such.
      if (content.trim() === '') throw new Error('the file is empty');
      this.#content = content;
    } catch (cause) {
      if (this.#content === undefined) {
        throw new CredentialError(
          'UNREADABLE_FILE',
          `cannot read ${this.#path}: ${String(cause)}`,
          {
            cause,
          },
        );
      }
    }
    this.#readAtMs = this.#now();
    this.#isExpired = false;
    return this.#content;
  }
}
