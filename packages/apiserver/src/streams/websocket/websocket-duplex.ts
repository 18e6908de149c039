import { Duplex } from 'node:stream';
import { asError } from '@kubewright/apimachinery';
import type { ChannelSocket } from './channel-socket.ts';

/** A WebSocket whose messages are just pieces of one byte stream: what a protocol is tunnelled through. */
export class WebSocketDuplex extends Duplex {
  readonly #socket: ChannelSocket;
  #reader: AsyncIterator<Uint8Array> | undefined;
  #isReading = false;

  constructor(socket: ChannelSocket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.onClose(() => this.destroy());
  }

  override _read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#pump().catch((error: unknown) => {
      this.destroy(asError(error));
    });
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#socket.send(chunk).then(() => callback(), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.close().then(() => callback(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  async #pump(): Promise<void> {
    this.#reader ??= this.#socket.messages[Symbol.asyncIterator]();
    while (this.#isReading && !this.destroyed) {
      const next = await this.#reader.next();
      if (next.done === true) {
        if (!this.closed) this.push(null);
        return;
      }
      // An empty message is no end of the stream, which is what an empty push would mean.
      if (next.value.byteLength > 0) this.#isReading = this.push(next.value);
    }
  }
}
