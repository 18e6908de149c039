import type { IncomingMessage } from 'node:http';
import type { StatusError, WebSocketConnection } from '@kubewright/apimachinery';
import type { buildConnector } from 'undici';
import { WebSocket, type ClientOptions } from 'ws';
import { statusErrorOf } from '../api/response-error.ts';
import type { CredentialHeaders } from '../credentials/credentials.ts';
import { toTransportError } from './connection-failure.ts';
import { SocketMessages } from './socket-messages.ts';
import { TransportError } from './transport-error.ts';

/** A WebSocket to open. */
export interface WebSocketOptions {
  /** `http:` or `https:` URL. */
  readonly url: URL;
  /** Sub-protocols in order of preference. */
  readonly protocols: readonly string[];
  readonly headers: CredentialHeaders;
  readonly dial: buildConnector.connector;
  /** Bound of the whole opening handshake, in milliseconds. */
  readonly timeoutMs: number;
  /** Host and port of the API server, for messages. */
  readonly host: string;
  /** Ends the handshake, or the connection once it is open. */
  readonly signal: AbortSignal | undefined;
  /** Called once when the open connection has ended. */
  readonly onClose: (connection: WebSocketConnection) => void;
}

/** What came of opening a WebSocket. */
export type WebSocketOutcome =
  | { readonly status: 101; readonly connection: WebSocketConnection }
  | { readonly status: number; readonly refusal: StatusError };

// How long the peer may take to answer a close, before the connection is cut.
const closeTimeoutMs = 2_000;

/**
 * How often an open connection is pinged, in milliseconds: often enough for proxies that drop what is silent for a minute.
 * Answers are not waited for: a peer that is held back by a slow program cannot give any. What the network lost the
 * system notices, once there is something that it cannot deliver.
 */
const pingIntervalMs = 30_000;

/**
 * Opens a WebSocket. A refused upgrade is an outcome, so that the caller can renew its credential.
 *
 * @throws TransportError when there was no answer, the signal's reason when aborted.
 */
export async function openWebSocket(options: WebSocketOptions): Promise<WebSocketOutcome> {
  const { url, protocols, headers, dial, timeoutMs, host, signal, onClose } = options;
  signal?.throwIfAborted();
  const clientOptions: ClientOptions & { closeTimeout: number } = {
    // An array sends one line per value; the type of `ws` knows only strings.
    headers: headers as Record<string, string>,
    createConnection: connectionMaker(dial, url),
    handshakeTimeout: timeoutMs,
    closeTimeout: closeTimeoutMs,
    perMessageDeflate: false,
    followRedirects: false,
  };
  const socket = new WebSocket(url.href.replace(/^http/, 'ws'), [...protocols], clientOptions);
  const { promise, resolve, reject } = Promise.withResolvers<WebSocketOutcome>();
  const onAbort = (): void => {
    socket.terminate();
    reject(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.on('error', (error) => reject(toTransportError(error, host)));
  socket.once('close', () => signal?.removeEventListener('abort', onAbort));
  socket.once('unexpected-response', (_request, response: IncomingMessage) => {
    statusErrorOf({
      status: response.statusCode ?? 0,
      headers: { 'content-type': response.headers['content-type'] ?? '' },
      body: response,
    })
      .then((refusal) => resolve({ status: refusal.code, refusal }), reject)
      .finally(() => socket.terminate());
  });
  socket.once('open', () => {
    const connection = new WsConnection(socket, host, signal);
    const pulse = setInterval(() => socket.ping(), pingIntervalMs).unref();
    socket.once('close', () => {
      clearInterval(pulse);
      onClose(connection);
    });
    resolve({ status: 101, connection });
  });
  return promise;
}

/** `ws` hands this to `node:http`, which calls back when the socket is ready. */
function connectionMaker(
  dial: buildConnector.connector,
  url: URL,
): NonNullable<ClientOptions['createConnection']> {
  const { hostname, host, port, protocol } = url;
  const create = (_options: unknown, done: buildConnector.Callback): undefined => {
    dial({ hostname: hostname.replace(/^\[|\]$/g, ''), host, port, protocol }, done);
  };
  // The declared type demands a socket at once, yet node:http takes `undefined` for "it comes by the callback".
  return create as unknown as NonNullable<ClientOptions['createConnection']>;
}

class WsConnection implements WebSocketConnection {
  readonly protocol: string;
  readonly messages: AsyncIterable<Uint8Array>;
  readonly #socket: WebSocket;
  readonly #host: string;
  readonly #closed: Promise<void>;

  constructor(socket: WebSocket, host: string, signal: AbortSignal | undefined) {
    this.#socket = socket;
    this.#host = host;
    this.protocol = socket.protocol;
    this.messages = new SocketMessages(socket, host, signal);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#closed = promise;
    socket.once('close', () => resolve(undefined));
  }

  async send(message: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#socket.send(message, { binary: true }, (error) => {
      if (!(error instanceof Error)) resolve(undefined);
      else {
        reject(
          new TransportError(`${this.#host}: the WebSocket is closed`, {
            code: 'CONNECTION_LOST',
            host: this.#host,
            maybeSent: true,
            cause: error,
          }),
        );
      }
    });
    await promise;
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    // Messages nobody reads any more must not hold back the peer's close.
    this.#socket.resume();
    await this.#closed;
  }
}
