import { setImmediate } from 'node:timers/promises';
import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';
import {
  MAX_REQUEST_BODY_BYTES,
  type NodeStreams,
  type RequestHandler,
  type ServerRequest,
  type ServerResponse,
  type UpgradeGate,
  type UserInfo,
} from '../contracts.ts';

/** What {@link InProcessTransport} connects to. */
export interface InProcessOptions {
  readonly handle: RequestHandler;
  readonly acceptUpgrade: UpgradeGate;
  readonly streams: NodeStreams;
  readonly user: UserInfo;
  /** Aborted when the server closes. */
  readonly closed: AbortSignal;
  /** False while the server is down on purpose: nobody can connect. */
  readonly isUp: () => boolean;
}

/** The connection broke before an answer came. */
export class ConnectionResetError extends Error {
  override readonly name = 'ConnectionResetError';
  /** As the platform names it for a socket. */
  readonly code = 'ECONNRESET';

  constructor() {
    super('the connection was reset before an answer came');
  }
}

/** Nobody listens: the server is down. */
export class ConnectionRefusedError extends Error {
  override readonly name = 'ConnectionRefusedError';
  /** As the platform names it for a socket. */
  readonly code = 'ECONNREFUSED';

  constructor() {
    super('connection refused: the API server is down');
  }
}

const NO_BODY = new Uint8Array(0);

function bytesOf(body: string | Uint8Array | undefined): Uint8Array {
  const bytes = body === undefined ? NO_BODY : typeof body === 'string' ? Buffer.from(body) : body;
  // As the listener does: one byte too many is enough to be refused.
  return bytes.subarray(0, MAX_REQUEST_BODY_BYTES + 1);
}

function joinHeaders(headers: ServerResponse['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );
}

/** Settles with `promise`, or rejects with the reason of the signal when that is aborted first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: raced, resolve, reject } = Promise.withResolvers<T>();
  // Callers of an abortable function expect the signal's own reason.
  const abort = () => reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  return raced;
}

/** The bytes of an answer as the reader asks for them, until it leaves, be it before the first of them. */
function pull(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  end: () => void,
): AsyncIterableIterator<Uint8Array, undefined> {
  const iterator = body[Symbol.asyncIterator]();
  const leave = (): void => {
    end();
    // The producer sees the abort of its request and ends by itself; waiting for it could take as long as it waits.
    iterator.return?.().catch(() => undefined);
  };
  return {
    next: async () => {
      try {
        const result = await orAborted(iterator.next(), signal);
        if (result.done !== true) return result;
      } catch (error) {
        leave();
        throw error;
      }
      leave();
      return { done: true, value: undefined };
    },
    return: async () => {
      leave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * Requests to the server without a socket: the same handler, the same bytes, the same admission. Bodies stream and
 * are pulled; aborting ends a request at whatever point it is.
 */
export class InProcessTransport implements Transport {
  readonly #options: InProcessOptions;
  readonly #closing = new AbortController();

  constructor(options: InProcessOptions) {
    this.#options = options;
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    // A turn of the event loop each, as a socket takes: a client that never pauses must not keep timers, watches and
    // other clients from theirs.
    await setImmediate();
    this.#checkOpen();
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, ...this.#signals(request.signal)]);
    const answer = this.#options.handle(this.#serverRequest(request, signal));
    const response = await orAborted(answer, signal);
    if (response.reset === true) throw new ConnectionResetError();
    return this.#transportResponse(response, signal, () => ended.abort());
  }

  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    request.signal?.throwIfAborted();
    this.#checkOpen();
    const signal = AbortSignal.any(this.#signals(request.signal));
    const accepted = await this.#options.acceptUpgrade(
      this.#serverRequest(
        {
          method: 'GET',
          path: request.path,
          ...(request.headers === undefined ? {} : { headers: request.headers }),
        },
        signal,
      ),
    );
    return this.#options.streams.connectWebSocket(accepted, { ...request, signal });
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the transport is closed'));
  }

  #checkOpen(): void {
    this.#closing.signal.throwIfAborted();
    this.#options.closed.throwIfAborted();
    if (!this.#options.isUp()) throw new ConnectionRefusedError();
  }

  #signals(own: AbortSignal | undefined): AbortSignal[] {
    return [this.#options.closed, this.#closing.signal, ...(own === undefined ? [] : [own])];
  }

  #serverRequest(request: TransportRequest, signal: AbortSignal): ServerRequest {
    const question = request.path.indexOf('?');
    return {
      method: request.method,
      path: question < 0 ? request.path : request.path.slice(0, question),
      query: new URLSearchParams(question < 0 ? '' : request.path.slice(question + 1)),
      headers: request.headers ?? {},
      body: bytesOf(request.body),
      user: this.#options.user,
      signal,
    };
  }

  #transportResponse(
    response: ServerResponse,
    signal: AbortSignal,
    end: () => void,
  ): TransportResponse {
    const { body } = response;
    const source =
      body instanceof Uint8Array
        ? (async function* single() {
            // Readers own what they get; the stored bytes stay the server's.
            if (body.byteLength > 0) yield Uint8Array.from(body);
          })()
        : body;
    return {
      status: response.status,
      headers: joinHeaders(response.headers),
      body: pull(source, signal, end),
    };
  }
}
