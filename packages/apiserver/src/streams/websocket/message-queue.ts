/** Bytes that wait for a reader before the sender is held back. */
const HIGH_WATER_BYTES = 256 * 1024;

/**
 * Messages on their way from one side to the other, in order. The reader takes them by iterating once; a writer waits
 * while more than a few wait already.
 */
export class MessageQueue implements AsyncIterable<Uint8Array> {
  readonly #messages: Uint8Array[] = [];
  #bytes = 0;
  #end: { readonly error: Error | undefined } | undefined;
  #wakeReader: (() => void) | undefined;
  readonly #waitingWriters = new Set<() => void>();

  /** True while writers should hold back. */
  get isFull(): boolean {
    return this.#bytes > HIGH_WATER_BYTES;
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Adds a message; false after the end. */
  push(message: Uint8Array): boolean {
    if (this.#end !== undefined) return false;
    this.#messages.push(message);
    this.#bytes += message.byteLength;
    this.#wakeReader?.();
    return true;
  }

  /** No more messages; what waits is still delivered, then the error is thrown. Only the first call counts. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#wakeReader?.();
    this.#release();
  }

  /** Resolves when there is room, or when nobody will read any more. */
  async room(): Promise<void> {
    while (this.isFull && this.#end === undefined) {
      await new Promise<void>((resolve) => this.#waitingWriters.add(resolve));
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (true) {
        const message = this.#messages.shift();
        if (message !== undefined) {
          this.#bytes -= message.byteLength;
          if (!this.isFull) this.#release();
          yield message;
        } else if (this.#end !== undefined) {
          if (this.#end.error !== undefined) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wakeReader = resolve));
          this.#wakeReader = undefined;
        }
      }
    } finally {
      this.#messages.length = 0;
      this.#bytes = 0;
      this.end();
    }
  }

  #release(): void {
    const writers = [...this.#waitingWriters];
    this.#waitingWriters.clear();
    for (const resume of writers) resume();
  }
}
