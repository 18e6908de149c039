import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressOf, listen, type ListenOptions } from './listen.ts';

/** A request, as far as the endpoints of an operator look at it. */
export interface ServingRequest {
  /** Decoded by URL: `/readyz/cache`. */
  readonly url: URL;
  /** Aborted when the peer goes away. */
  readonly signal: AbortSignal;
}

/** A whole answer. */
export interface ServingResponse {
  /** HTTP status. */
  readonly status: number;
  /** Value of the header, such as `text/plain; charset=utf-8`. */
  readonly contentType: string;
  /** The whole of it, as text. */
  readonly body: string;
}

/** What a small plain-HTTP server of the manager needs. */
export interface ServingEndpointOptions extends ListenOptions {
  /** Answers GET and HEAD; a rejection becomes a 500 without its message. */
  readonly handle: (request: ServingRequest) => Promise<ServingResponse>;
}

/** Longest time a peer may take for its request line and headers, in milliseconds: against peers that never finish. */
const requestTimeoutMs = 10_000;

/**
 * A plain-HTTP server for scrapers and probes: reads only, no keep-alive surprises, stops at once.
 *
 * Guarantees: after {@link ServingEndpoint.stop} no socket is open; both methods may be repeated.
 */
export class ServingEndpoint {
  readonly #options: ServingEndpointOptions;
  #server: Server | undefined;

  constructor(options: ServingEndpointOptions) {
    this.#options = options;
  }

  /** Where it listens; undefined before the start and after the stop. */
  get address(): AddressInfo | undefined {
    return addressOf(this.#server);
  }

  /**
   * Listens, and resolves with the address.
   *
   * @throws PortInUseError when another program has the port.
   * @throws Error of the system, such as `EACCES`, with the purpose, host and port before it.
   */
  async start(): Promise<AddressInfo> {
    const existing = this.address;
    if (existing !== undefined) return existing;
    const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      void this.#answer(request).then(
        ({ status, contentType, body }) => {
          response.writeHead(status, {
            'content-type': contentType,
            'content-length': Buffer.byteLength(body),
            'x-content-type-options': 'nosniff',
            'cache-control': 'no-store',
          });
          response.end(request.method === 'HEAD' ? undefined : body);
        },
        () => {
          response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
          response.end('internal error\n');
        },
      );
    });
    const address = await listen(server, this.#options);
    this.#server = server;
    return address;
  }

  /** Stops listening and closes every connection; answers under way are cut. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answer(request: IncomingMessage): Promise<ServingResponse> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return plainText(405, 'only GET and HEAD are served here\n');
    }
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) return plainText(400, 'the path cannot be read\n');
    const gone = new AbortController();
    const onClose = (): void => {
      gone.abort(new Error('the peer closed the connection'));
    };
    request.socket.once('close', onClose);
    try {
      return await this.#options.handle({ url, signal: gone.signal });
    } finally {
      request.socket.off('close', onClose);
    }
  }
}

/** A plain-text answer. */
export function plainText(status: number, body: string): ServingResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}
