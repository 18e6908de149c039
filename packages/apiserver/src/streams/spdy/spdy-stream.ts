import { Duplex } from 'node:stream';
import type { SpdyHeaders } from './header-block.ts';
import { RST_STATUS } from './spdy-frame.ts';

/** Bytes that wait on a stream before the connection stops reading. */
const RECEIVE_BUFFER_BYTES = 256 * 1024;
const SEND_BUFFER_BYTES = 64 * 1024;
/** Bytes read after which the peer is told that it may send more: half of what it may send at first. */
const REPORT_BYTES = 32 * 1024;

/** What a stream needs of its connection. */
export interface SpdyStreamHost {
  /** Resolves when the bytes are on their way; rejects when the connection is gone. */
  sendData(streamId: number, payload: Uint8Array, isLast: boolean): Promise<void>;
  /** The stream's reader has taken these bytes. */
  consumed(streamId: number, bytes: number): void;
  /** The stream is over on this side; `status` when it was broken off. */
  closed(streamId: number, status: number | undefined): void;
}

/** One stream of a SPDY connection: a duplex whose sides end one by one. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #host: SpdyStreamHost;
  /** Bytes handed to the reader that the peer has not been told of. */
  #unreported = 0;
  #room: (() => void) | undefined;
  #resetByPeer = false;

  constructor(id: number, headers: SpdyHeaders, host: SpdyStreamHost) {
    super({
      readableHighWaterMark: RECEIVE_BUFFER_BYTES,
      writableHighWaterMark: SEND_BUFFER_BYTES,
      emitClose: true,
    });
    this.id = id;
    this.headers = headers;
    this.#host = host;
  }

  /** Takes bytes from the peer. Resolves at once while there is room, otherwise when the reader has caught up or has gone. */
  receive(payload: Buffer): Promise<void> | undefined {
    if (this.destroyed || this.readableEnded || payload.byteLength === 0) return undefined;
    this.#unreported += payload.byteLength;
    if (this.push(payload)) {
      this.#report();
      return undefined;
    }
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** The peer sends nothing more. */
  receiveEnd(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The peer broke the stream off, or the connection is gone. */
  receiveReset(reason: Error): void {
    this.#resetByPeer = true;
    this.destroy(reason);
  }

  override _read(): void {
    this.#report();
    this.#makeRoom();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#host.sendData(this.id, chunk, false).then(() => callback(), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#host.sendData(this.id, Buffer.alloc(0), true).then(() => callback(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#makeRoom();
    // After its own end a stream is just let go: what the peer still sends on it is passed over.
    const isSettled = this.writableFinished || this.#resetByPeer;
    const status = isSettled ? undefined : RST_STATUS.cancel;
    this.#host.closed(this.id, status);
    callback(error);
  }

  #makeRoom(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }

  #report(): void {
    if (this.#unreported < REPORT_BYTES) return;
    const bytes = this.#unreported;
    this.#unreported = 0;
    this.#host.consumed(this.id, bytes);
  }
}
