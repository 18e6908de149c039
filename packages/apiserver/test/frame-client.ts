import type { Duplex } from 'node:stream';
import { SpdyDecoder } from '../src/streams/spdy/spdy-decoder.ts';
import { SpdyEncoder } from '../src/streams/spdy/spdy-encoder.ts';
import type { SpdyFrame } from '../src/streams/spdy/spdy-frame.ts';

/** A client that speaks frame by frame. */
export class FrameClient {
  readonly socket: Duplex;
  readonly #encoder = new SpdyEncoder();
  readonly #frames: AsyncGenerator<SpdyFrame>;

  constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.#frames = readFrames(socket);
  }

  send(...frames: readonly SpdyFrame[]): void {
    for (const frame of frames) this.socket.write(this.#encoder.encode(frame));
  }

  open(streamId: number, headers: Readonly<Record<string, string>> = {}, isLast = false): void {
    this.send({ type: 'syn-stream', streamId, isLast, headers: new Map(Object.entries(headers)) });
  }

  data(streamId: number, text: string | Buffer, isLast = false): void {
    this.send({ type: 'data', streamId, isLast, payload: Buffer.from(text) });
  }

  /** The next frame of a type; others are passed over. Undefined at the end of the connection. */
  async next<T extends SpdyFrame['type']>(
    type: T,
  ): Promise<Extract<SpdyFrame, { type: T }> | undefined> {
    while (true) {
      const next = await this.#frames.next();
      if (next.done === true) return undefined;
      // Filtered by type just now.
      if (next.value.type === type) return next.value as Extract<SpdyFrame, { type: T }>;
    }
  }
}

async function* readFrames(socket: Duplex): AsyncGenerator<SpdyFrame> {
  const decoder = new SpdyDecoder();
  try {
    for await (const piece of socket) yield* decoder.push(piece as Buffer);
  } catch {
    // Cut.
  }
}
