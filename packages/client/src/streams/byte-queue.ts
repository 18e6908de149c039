// The writer is held back while this many bytes wait to be read.
const highWaterBytes = 1024 * 1024;

type End = { readonly type: 'ended' } | { readonly type: 'failed'; readonly error: unknown };

/** Bytes from one writer to one reader. A reader that leaves early lets the writer go on; what it writes is dropped. */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #end: End | undefined;
  /** Wakes the reader; set while it waits. */
  #wakeReader: (() => void) | undefined;
  /** Wakes the writer; set while it waits. */
  #wakeWriter: (() => void) | undefined;
  #hasLeft = false;

  /** Adds bytes; resolves when there is room for more. */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#hasLeft || this.#end !== undefined) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    this.#wakeReader?.();
    if (this.#bytes < highWaterBytes) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wakeWriter = () => resolve(undefined);
    await promise;
  }

  /** Nothing more will come. */
  end(): void {
    this.#finish({ type: 'ended' });
  }

  /** Nothing more will come, because of an error that the reader is to see after what has come. */
  fail(error: unknown): void {
    this.#finish({ type: 'failed', error });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#bytes -= chunk.byteLength;
          if (this.#bytes < highWaterBytes) this.#wakeWriter?.();
          yield chunk;
        } else if (this.#end?.type === 'failed') {
          throw this.#end.error;
        } else if (this.#end?.type === 'ended') {
          return;
        } else {
          const { promise, resolve } = Promise.withResolvers<undefined>();
          this.#wakeReader = () => resolve(undefined);
          await promise;
        }
      }
    } finally {
      this.#hasLeft = true;
      this.#wakeWriter?.();
    }
  }

  #finish(end: End): void {
    this.#end ??= end;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }
}
