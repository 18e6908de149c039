import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CONNECTION_WINDOW, INITIAL_WINDOW_BYTES, SendWindows } from './send-windows.ts';
import { SpdyDecoder } from './spdy-decoder.ts';
import { dataFrameHead, SpdyEncoder } from './spdy-encoder.ts';
import { SpdyProtocolError } from './spdy-error.ts';
import {
  GOAWAY_STATUS,
  INITIAL_WINDOW_SETTING,
  RST_STATUS,
  type HeadersFrame,
  type SpdyFrame,
} from './spdy-frame.ts';
import { SpdyStream } from './spdy-stream.ts';

/** Streams that may be open at once; more are refused. */
const MAX_STREAMS = 2048;
/** Longest data frame sent, in bytes. */
const MAX_DATA_BYTES = 64 * 1024;
/** Unreported bytes after which the peer is told that it may send more. */
const REPORT_BYTES = INITIAL_WINDOW_BYTES / 2;
/** Answers that may wait for a peer that does not read, in bytes, before nothing more is read from it. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** How long a peer has to take the last bytes, in milliseconds. */
const LINGER_MS = 10_000;

/** The connection ended while a stream was still open. */
export class SpdyConnectionClosed extends Error {
  override readonly name = 'SpdyConnectionClosed';
  readonly code = 'spdy-connection-closed';

  constructor(message = 'the connection of the stream is closed', options?: ErrorOptions) {
    super(message, options);
  }
}

/** What a {@link SpdyConnection} takes. */
export interface SpdyConnectionOptions {
  /** Called for each stream that the peer opens; it has been accepted already. */
  readonly onStream: (stream: SpdyStream) => void;
}

/**
 * The server's side of a SPDY/3.1 connection over a socket. Streams are opened by the client only, as Kubernetes does.
 *
 * Guarantees: a reader that does not keep up stops the whole connection, so memory stays bounded; whatever ends the
 * connection destroys every stream; bytes that are no SPDY end it with a GOAWAY.
 */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #decoder = new SpdyDecoder();
  readonly #encoder = new SpdyEncoder();
  readonly #windows = new SendWindows();
  readonly #streams = new Map<number, SpdyStream>();
  #lastStreamId = 0;
  #consumedBytes = 0;
  #isClosed = false;

  constructor(socket: Duplex, options: SpdyConnectionOptions) {
    this.#socket = socket;
    this.#onStream = options.onStream;
  }

  /** Reads until the connection ends, however it ends. Never rejects. */
  async run(): Promise<void> {
    let cause: unknown;
    try {
      // Leaving the loop must not destroy the socket: a last frame may have to go out.
      for await (const piece of this.#socket.iterator({ destroyOnReturn: false })) {
        // No encoding is set: pieces are buffers.
        for (const frame of this.#decoder.push(piece as Buffer)) {
          await this.#receive(frame);
          if (this.#isClosed) return;
          if (frame.type !== 'data') await this.#sent();
        }
      }
    } catch (error) {
      cause = error;
      if (error instanceof SpdyProtocolError) {
        await this.end(GOAWAY_STATUS.protocolError);
      }
    } finally {
      this.#close(cause);
    }
  }

  /** Says goodbye and ends the connection; what streams have handed over is sent first. May be repeated. */
  async end(status: number = GOAWAY_STATUS.ok): Promise<void> {
    if (this.#isClosed || this.#socket.destroyed) return;
    this.#send({ type: 'goaway', lastStreamId: this.#lastStreamId, status });
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    timer.unref();
    this.#socket.end();
    try {
      await finished(this.#socket, { readable: false });
    } catch {
      // Gone before it had taken everything: there is nobody left to tell.
    } finally {
      clearTimeout(timer);
      this.#close(undefined);
    }
  }

  /** Waits while too many answers are unsent: a peer that asks and never reads must not fill the memory. */
  async #sent(): Promise<void> {
    const socket = this.#socket;
    if (socket.writableLength < MAX_UNSENT_BYTES || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  async #receive(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'syn-stream':
        this.#open(frame);
        return;
      case 'data': {
        const stream = this.#streams.get(frame.streamId);
        if (stream === undefined) {
          // Late data of a stream that was broken off here is no mistake of the peer.
          if (frame.streamId > this.#lastStreamId) {
            this.#reset(frame.streamId, RST_STATUS.invalidStream);
          }
          return;
        }
        await stream.receive(frame.payload);
        if (frame.isLast) stream.receiveEnd();
        return;
      }
      case 'rst-stream':
        this.#streams
          .get(frame.streamId)
          ?.receiveReset(new SpdyConnectionClosed('the peer broke the stream off'));
        return;
      case 'ping':
        // Odd numbers are the client's own; an even one would be the answer to a ping of ours.
        if (frame.id % 2 === 1) this.#send(frame);
        return;
      case 'window-update':
        if (!this.#windows.widen(frame.streamId, frame.delta)) {
          if (frame.streamId === CONNECTION_WINDOW) {
            throw new SpdyProtocolError('the window of the connection is too large');
          }
          this.#reset(frame.streamId, RST_STATUS.flowControlError);
          this.#streams
            .get(frame.streamId)
            ?.receiveReset(new SpdyConnectionClosed('the window of the stream is too large'));
        }
        return;
      case 'settings': {
        const initial = frame.settings.get(INITIAL_WINDOW_SETTING);
        if (initial !== undefined) this.#windows.setInitial(initial);
        return;
      }
      case 'goaway':
      case 'headers':
      case 'syn-reply':
        // Streams that are open go on after a GOAWAY; the other two say nothing a server acts on.
        return;
      default:
        frame satisfies never;
    }
  }

  #open(frame: HeadersFrame<'syn-stream'>): void {
    const { streamId } = frame;
    if (streamId % 2 === 0 || streamId <= this.#lastStreamId) {
      throw new SpdyProtocolError(`stream ${streamId} cannot be opened by a client now`);
    }
    this.#lastStreamId = streamId;
    if (this.#streams.size >= MAX_STREAMS) {
      this.#reset(streamId, RST_STATUS.refusedStream);
      return;
    }
    const stream = new SpdyStream(streamId, frame.headers, {
      sendData: (id, payload, isLast) => this.#sendData(id, payload, isLast),
      consumed: (id, bytes) => this.#report(id, bytes),
      closed: (id, status) => {
        this.#streams.delete(id);
        this.#windows.close(id);
        if (status !== undefined) this.#reset(id, status);
      },
    });
    // Whoever reads or writes the stream sees the failure too; here it must not end the process.
    stream.on('error', () => undefined);
    this.#streams.set(streamId, stream);
    this.#windows.open(streamId);
    this.#send({ type: 'syn-reply', streamId, isLast: false, headers: new Map() });
    if (frame.isLast) stream.receiveEnd();
    this.#onStream(stream);
  }

  async #sendData(streamId: number, payload: Uint8Array, isLast: boolean): Promise<void> {
    let rest = payload;
    do {
      let length = this.#windows.available(streamId, Math.min(rest.byteLength, MAX_DATA_BYTES));
      while (length === 0 && rest.byteLength > 0) {
        if (this.#isClosed || !this.#streams.has(streamId)) throw new SpdyConnectionClosed();
        await this.#windows.changed();
        length = this.#windows.available(streamId, Math.min(rest.byteLength, MAX_DATA_BYTES));
      }
      this.#windows.spend(streamId, length);
      const piece = rest.subarray(0, length);
      rest = rest.subarray(length);
      const isEnd = isLast && rest.byteLength === 0;
      await this.#write(dataFrameHead(streamId, length, isEnd), piece);
    } while (rest.byteLength > 0);
  }

  /** Resolves when the socket has taken the bytes, which is what makes writers wait for a slow peer. */
  #write(head: Buffer, payload: Uint8Array): Promise<void> {
    if (this.#isClosed || !this.#socket.writable) return Promise.reject(new SpdyConnectionClosed());
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null) => {
        if (error) reject(new SpdyConnectionClosed(undefined, { cause: error }));
        else resolve();
      };
      this.#socket.cork();
      if (payload.byteLength === 0) this.#socket.write(head, done);
      else {
        this.#socket.write(head);
        this.#socket.write(payload, done);
      }
      this.#socket.uncork();
    });
  }

  #send(frame: SpdyFrame): void {
    if (!this.#isClosed && this.#socket.writable) this.#socket.write(this.#encoder.encode(frame));
  }

  #reset(streamId: number, status: number): void {
    this.#send({ type: 'rst-stream', streamId, status });
  }

  /** Tells a peer with flow control that it may send more; others pass over it. */
  #report(streamId: number, bytes: number): void {
    if (this.#streams.has(streamId)) {
      this.#send({ type: 'window-update', streamId, delta: bytes });
    }
    this.#consumedBytes += bytes;
    if (this.#consumedBytes < REPORT_BYTES) return;
    this.#send({
      type: 'window-update',
      streamId: CONNECTION_WINDOW,
      delta: this.#consumedBytes,
    });
    this.#consumedBytes = 0;
  }

  #close(cause: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of [...this.#streams.values()]) {
      stream.receiveReset(new SpdyConnectionClosed(undefined, { cause }));
    }
    this.#windows.wake();
    this.#socket.destroy();
  }
}
