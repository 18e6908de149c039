import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { ServerRequest } from '../../contracts.ts';
import { WebSocketClosed, type ChannelSocket } from './channel-socket.ts';
import { MessageQueue } from './message-queue.ts';

/** Longest message taken, in bytes; clients send 32 KiB at a time. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** How long a peer has to answer a close, in milliseconds. */
const LINGER_MS = 10_000;
const NORMAL_CLOSURE = 1000;

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** A `ws` socket as whole messages with backpressure in both directions. */
class WireSocket implements ChannelSocket {
  readonly protocol: string;
  readonly messages: AsyncIterable<Uint8Array>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, protocol: string) {
    this.protocol = protocol;
    this.#socket = socket;
    const queue = new MessageQueue();
    this.messages = queue;
    let isWaiting = false;
    socket.on('message', (data) => {
      queue.push(bytesOf(data));
      if (!queue.isFull || isWaiting) return;
      isWaiting = true;
      socket.pause();
      void queue.room().then(() => {
        isWaiting = false;
        if (socket.readyState === socket.OPEN) socket.resume();
      });
    });
    socket.on('close', () => queue.end());
    // What is wrong with a message or the connection; `close` follows.
    socket.on('error', (error) => queue.end(new WebSocketClosed({ cause: error })));
  }

  send(message: Uint8Array): Promise<void> {
    return this.#send(message, true);
  }

  sendText(text: string): Promise<void> {
    return this.#send(Buffer.from(text), false);
  }

  onClose(listener: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) listener();
    else this.#socket.once('close', listener);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), LINGER_MS);
      timer.unref();
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      // A paused socket would never see the peer's answer.
      socket.resume();
      socket.close(NORMAL_CLOSURE);
    });
  }

  destroy(): void {
    this.#socket.terminate();
  }

  #send(bytes: Uint8Array, isBinary: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, { binary: isBinary }, (error) => {
        if (error) reject(new WebSocketClosed({ cause: error }));
        else resolve();
      });
    });
  }
}

/**
 * Answers a WebSocket handshake on a raw socket. The sub-protocol has been chosen by the caller: `ws` takes no names
 * with a slash, and Kubernetes has one.
 *
 * @throws Error when the handshake is malformed; it has been answered then
 */
export function acceptWebSocket(
  request: ServerRequest,
  socket: Duplex,
  head: Uint8Array,
  protocol: string | undefined,
): Promise<ChannelSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  // `ws` looks at the method and the headers only, so the message needs no live socket of its own.
  const message = new IncomingMessage(new Socket());
  message.method = request.method;
  message.url = request.path;
  for (const [name, value] of Object.entries(request.headers)) {
    if (name !== 'sec-websocket-protocol') message.headers[name] = value;
  }
  if (protocol !== undefined) {
    server.once('headers', (headers: string[]) => {
      headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
  }
  return new Promise((resolve, reject) => {
    const fail = () => reject(new WebSocketClosed());
    socket.once('close', fail);
    server.handleUpgrade(message, socket, Buffer.from(head), (accepted) => {
      socket.off('close', fail);
      resolve(new WireSocket(accepted, protocol ?? ''));
    });
  });
}
