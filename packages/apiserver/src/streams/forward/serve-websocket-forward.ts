import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ChannelSocket } from '../websocket/channel-socket.ts';
import type { NodeBackend, PodTarget } from '../node-backend.ts';
import { openPort } from './open-port.ts';

/** Protocols of port-forward over channels: bytes as they are, or as base64 text. */
export const WEBSOCKET_FORWARD_PROTOCOLS: readonly string[] = [
  '',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
];

/** What {@link serveWebSocketForward} takes. */
export interface WebSocketForward {
  readonly socket: ChannelSocket;
  readonly ports: readonly number[];
  readonly target: PodTarget;
  readonly backend: NodeBackend;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

const DIGIT_ZERO = 0x30;

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(port);
  return bytes;
}

/** The connections of one client: channel 2i carries the bytes of port i, channel 2i+1 what goes wrong. */
class ForwardChannels {
  readonly #forward: WebSocketForward;
  readonly #inputs: readonly PassThrough[];
  readonly #isBase64: boolean;

  constructor(forward: WebSocketForward) {
    this.#forward = forward;
    this.#isBase64 = forward.socket.protocol.includes('base64');
    this.#inputs = forward.ports.map(() => {
      const input = new PassThrough();
      input.on('error', () => undefined);
      return input;
    });
  }

  /** Reads until the client closes the connection. */
  async read(): Promise<void> {
    for await (const message of this.#forward.socket.messages) {
      const [first] = message;
      if (first === undefined) continue;
      const channel = this.#isBase64 ? first - DIGIT_ZERO : first;
      // Nothing is expected on error channels, and others there are not.
      const input = channel % 2 === 0 ? this.#inputs[channel / 2] : undefined;
      if (input === undefined || input.destroyed) continue;
      const rest = Buffer.from(message.buffer, message.byteOffset + 1, message.byteLength - 1);
      const payload = this.#isBase64 ? Buffer.from(rest.toString('latin1'), 'base64') : rest;
      if (!input.write(payload)) await room(input);
    }
  }

  /** The client has gone: lets go of every connection. */
  close(): void {
    for (const input of this.#inputs) input.destroy();
  }

  /** Forwards one port until its connection ends. */
  async run(index: number, port: number, signal: AbortSignal): Promise<void> {
    const { backend, target } = this.#forward;
    const input = this.#inputs[index];
    if (input === undefined) return;
    const [dataChannel, errorChannel] = [2 * index, 2 * index + 1];
    await this.#send(dataChannel, portBytes(port));
    await this.#send(errorChannel, portBytes(port));
    const opened = await openPort(backend, target, port, signal);
    if (opened.state === 'refused') {
      input.destroy();
      await this.#send(errorChannel, Buffer.from(opened.message));
      return;
    }
    const { stream } = opened;
    input.once('close', () => stream.destroy());
    input.pipe(stream);
    try {
      await this.#deliver(dataChannel, stream);
    } finally {
      stream.destroy();
      input.destroy();
    }
  }

  async #deliver(channel: number, stream: Duplex): Promise<void> {
    for await (const piece of stream) {
      // No encoding is set: pieces are buffers.
      await this.#send(channel, piece as Buffer);
    }
  }

  #send(channel: number, payload: Buffer): Promise<void> {
    const { socket } = this.#forward;
    if (this.#isBase64) return socket.sendText(`${channel}${payload.toString('base64')}`);
    return socket.send(Buffer.concat([Buffer.of(channel), payload]));
  }
}

async function room(input: PassThrough): Promise<void> {
  const stop = new AbortController();
  const drained = new Promise<void>((resolve) => input.once('drain', resolve));
  // `finished` sees the end of a stream that is destroyed while it is full.
  await Promise.race([
    drained,
    finished(input, { signal: stop.signal, cleanup: true }).catch(() => undefined),
  ]);
  stop.abort();
}

/** Serves port-forward over the channels of a WebSocket until all connections have ended or the client has gone. Never rejects. */
export async function serveWebSocketForward(forward: WebSocketForward): Promise<void> {
  const { socket, ports } = forward;
  const channels = new ForwardChannels(forward);
  const gone = new AbortController();
  const signal = AbortSignal.any([forward.signal, gone.signal]);
  const leave = () => {
    gone.abort(new Error('the client has gone'));
    channels.close();
  };
  socket.onClose(leave);
  if (forward.signal.aborted) socket.destroy();
  const reading = channels.read().then(leave, leave);
  const runs = ports.map(async (port, index) => {
    try {
      await channels.run(index, port, signal);
    } catch {
      // This connection, or the whole one, broke: the others end for themselves.
    }
  });
  await Promise.all(runs);
  await socket.close();
  await reading;
}
