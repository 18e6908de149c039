import type { RawData, WebSocket } from 'ws';
import { TransportError } from './transport-error.ts';

// The peer is held back while this many bytes wait to be read.
const highWaterBytes = 1024 * 1024;

type End = { readonly reason: 'closed' } | { readonly reason: 'broken'; readonly error: unknown };

/**
 * The incoming messages of a WebSocket, once. Ends when the peer closes normally; throws when the connection breaks,
 * or the signal's reason when it aborts. A slow reader holds the peer back.
 */
export class SocketMessages implements AsyncIterable<Uint8Array> {
  readonly #socket: WebSocket;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #end: End | undefined;
  /** Wakes the reader; set while it waits. */
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket, host: string, signal: AbortSignal | undefined) {
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(toBytes(data)));
    socket.once('close', (code, reason) => {
      // 1005: closed without a code. Anything but a normal close may have lost messages.
      if (code === 1000 || code === 1005) {
        this.#finish({ reason: 'closed' });
        return;
      }
      if (signal?.aborted === true) {
        this.#finish({ reason: 'broken', error: signal.reason });
        return;
      }
      const detail = reason.length > 0 ? `: ${reason.toString()}` : '';
      const error = new TransportError(`${host}: the WebSocket ended with code ${code}${detail}`, {
        code: 'CONNECTION_LOST',
        host,
        maybeSent: true,
      });
      this.#finish({ reason: 'broken', error });
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) {
        this.#waitingBytes -= message.byteLength;
        if (this.#waitingBytes < highWaterBytes) this.#socket.resume();
        yield message;
      } else if (this.#end?.reason === 'broken') {
        throw this.#end.error;
      } else if (this.#end?.reason === 'closed') {
        return;
      } else {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        this.#wake = () => resolve(undefined);
        await promise;
      }
    }
  }

  #receive(message: Uint8Array): void {
    this.#waiting.push(message);
    this.#waitingBytes += message.byteLength;
    if (this.#waitingBytes >= highWaterBytes) this.#socket.pause();
    this.#wake?.();
  }

  #finish(end: End): void {
    this.#end = end;
    this.#wake?.();
  }
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
