import { PassThrough, Writable, type Readable } from 'node:stream';
import type { ChannelSocket } from '../websocket/channel-socket.ts';
import type { NodeBackend } from '../node-backend.ts';
import type { CommandProtocol } from './command-protocol.ts';
import type { CommandRequest } from './command-request.ts';
import { runCommand } from './run-command.ts';

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const DIGIT_ZERO = 0x30;

/** Wraps payloads for the wire and takes them out again. */
class ChannelCodec {
  readonly #socket: ChannelSocket;
  readonly #protocol: CommandProtocol;

  constructor(socket: ChannelSocket, protocol: CommandProtocol) {
    this.#socket = socket;
    this.#protocol = protocol;
  }

  send(channel: number, payload: Uint8Array): Promise<void> {
    if (this.#protocol.isBase64) {
      return this.#socket.sendText(`${channel}${Buffer.from(payload).toString('base64')}`);
    }
    return this.#socket.send(Buffer.concat([Buffer.of(channel), payload]));
  }

  /** Undefined for a message that names no channel. */
  decode(message: Uint8Array): { readonly channel: number; readonly payload: Buffer } | undefined {
    const [first] = message;
    if (first === undefined) return undefined;
    const rest = Buffer.from(message.buffer, message.byteOffset + 1, message.byteLength - 1);
    return this.#protocol.isBase64
      ? { channel: first - DIGIT_ZERO, payload: Buffer.from(rest.toString('latin1'), 'base64') }
      : { channel: first, payload: rest };
  }

  /** A writable whose chunks become messages of one channel. */
  writable(channel: number): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        this.send(channel, chunk).then(() => callback(), callback);
      },
    });
  }
}

async function offer(input: PassThrough, payload: Buffer): Promise<void> {
  if (input.writableEnded || input.destroyed || payload.byteLength === 0) return;
  if (input.write(payload)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      input.off('drain', done);
      input.off('close', done);
      resolve();
    };
    input.on('drain', done);
    input.on('close', done);
  });
}

/** What {@link serveWebSocketCommand} takes. */
export interface WebSocketCommand {
  readonly socket: ChannelSocket;
  readonly protocol: CommandProtocol;
  readonly request: CommandRequest;
  readonly backend: NodeBackend;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

/** Hands messages to the channels they name until the client closes the connection or breaks the protocol. */
async function readMessages(
  { socket, protocol }: WebSocketCommand,
  codec: ChannelCodec,
  inputs: ReadonlyMap<number, PassThrough>,
): Promise<void> {
  for await (const message of socket.messages) {
    const decoded = codec.decode(message);
    if (decoded === undefined) continue;
    const { channel, payload } = decoded;
    if (protocol.hasClose && channel === CHANNEL.close) {
      const closed = payload[0];
      const input = closed === undefined ? undefined : inputs.get(closed);
      // As the real server: whoever ends a channel that there is not ends the connection.
      if (input === undefined) return;
      input.end();
      continue;
    }
    const input = inputs.get(channel);
    // Input that nobody asked for is passed over.
    if (input !== undefined) await offer(input, payload);
  }
}

/** Serves exec or attach over a WebSocket until the command has ended or the client has gone. Never rejects. */
export async function serveWebSocketCommand(command: WebSocketCommand): Promise<void> {
  const { socket, protocol, request, backend } = command;
  const codec = new ChannelCodec(socket, protocol);
  const gone = new AbortController();
  const signal = AbortSignal.any([command.signal, gone.signal]);
  const inputs = new Map<number, PassThrough>();
  const input = (channel: number, isWanted: boolean): Readable | undefined => {
    if (!isWanted) return undefined;
    const stream = new PassThrough();
    stream.on('error', () => undefined);
    inputs.set(channel, stream);
    return stream;
  };
  const leave = () => {
    gone.abort(new Error('the client has gone'));
    for (const stream of inputs.values()) stream.destroy();
  };
  const channels = {
    stdin: input(CHANNEL.stdin, request.stdin),
    resize: input(CHANNEL.resize, request.tty && protocol.hasResize),
    stdout: request.stdout ? codec.writable(CHANNEL.stdout) : undefined,
    stderr: request.stderr ? codec.writable(CHANNEL.stderr) : undefined,
  };
  socket.onClose(leave);
  const reading = readMessages(command, codec, inputs).then(leave, leave);
  try {
    // An empty message tells the client that it is connected.
    const first = request.stdout ? CHANNEL.stdout : request.stderr ? CHANNEL.stderr : CHANNEL.error;
    await codec.send(first, Buffer.alloc(0));
    const wording = protocol.hasClose ? 'code-only' : 'with-command';
    const status = await runCommand({ backend, request, channels, wording, signal });
    if (status !== undefined) {
      if (protocol.statusAsJson) {
        await codec.send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
      } else if (status.status !== 'Success') {
        await codec.send(CHANNEL.error, Buffer.from(status.message ?? ''));
      }
    }
  } catch {
    // The connection broke while something was sent: there is nobody left to tell.
  } finally {
    if (signal.aborted) socket.destroy();
    await socket.close();
    await reading;
  }
}
