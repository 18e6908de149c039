import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';
import type { Dispatcher, Pool } from 'undici';
import { abortable } from '../abort/abortable.ts';
import { delay } from '../abort/delay.ts';
import {
  fixedCredentials,
  type Credential,
  type CredentialHeaders,
  type Credentials,
} from '../credentials/credentials.ts';
import { toTransportError } from './connection-failure.ts';
import { ConnectionPools, type Connections } from './connection-pools.ts';
import { bytesOfHeader, textOfHeader } from './header-text.ts';
import { isLoopback } from './loopback.ts';
import { isRepeatable } from './repeatable.ts';
import { readResponseBody } from './response-body.ts';
import {
  retrySchedule,
  type ConnectionRetryOptions,
  type RetrySchedule,
} from './retry-schedule.ts';
import { TransportError } from './transport-error.ts';

/** How to reach an API server. */
export interface HttpTransportOptions {
  /** URL of the API server, `https:` or `http:`; a path in it is put in front of every request's. */
  readonly server: string | URL;
  /** What proves who asks. Default: nothing. */
  readonly credentials?: Credentials | undefined;
  /**
   * Gives the PEM certificates that may sign the server's; asked before each request, so it should be quick.
   * Default: Node's own list.
   */
  readonly certificateAuthority?: (() => Promise<string | undefined>) | undefined;
  /** Name in the server's certificate, where it differs from the host of the URL. */
  readonly serverName?: string | undefined;
  /** Accept any server certificate. Default false. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Proxy, `http:`, `https:` or `socks5:`; it is asked for a tunnel. Default: none. */
  readonly proxy?: URL | undefined;
  /** Bound of connecting, TLS included, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Bound of the wait for the headers of a call, in milliseconds, 0 for none. Default 65,000: the API server itself
   * gives up after 60 s. Streams have none.
   */
  readonly headersTimeoutMs?: number | undefined;
  /** Bound of the pause between two pieces of a call's body, in milliseconds, 0 for none. Default 60,000. Streams have none. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * How long a request must have waited without an answer, when it is given up, for the other kept connections to be
   * suspect: whoever cut this one without a word may have cut them all, so the next requests open new ones. In
   * milliseconds, 0 or more. Default 1,000.
   */
  readonly suspectAfterMs?: number | undefined;
  /** How long an idle connection is kept, in milliseconds. Default 60,000; the API server itself closes them after 90 s. */
  readonly keepAliveMs?: number | undefined;
  /** Most connections for calls at a time; further calls wait. Default 64. Streams have no bound. */
  readonly maxCallConnections?: number | undefined;
  /** Ask for gzip. Default: true unless the server is on this machine, where it only costs time. */
  readonly compression?: boolean | undefined;
  /** Repetitions after failed connections. */
  readonly retries?: ConnectionRetryOptions | undefined;
}

/**
 * HTTP/1.1 to an API server, over connections that are kept.
 *
 * **Guarantees:** the server's certificate is always verified unless `insecureSkipTlsVerify` says otherwise. Calls
 * and streams use separate connections. A stream never times out. A request whose connection fails is repeated a
 * bounded number of times if it is idempotent or was surely not sent. A 401 renews the credential and repeats once.
 * After a request was given up that waited for its answer, none uses a connection from before.
 *
 * **Caveats:** the answer's body must be read to its end, left early, or aborted by the signal; otherwise its
 * connection stays taken. An idempotent request that is repeated may find its own earlier success: a DELETE
 * answers 404 then, a PUT with a resourceVersion 409.
 *
 * **Errors:** `TransportError` when no answer came, `CredentialError` when there is no credential, the signal's
 * reason when aborted. A status code is never an error here.
 */
export class HttpTransport implements Transport {
  /** Host and port of the API server. */
  readonly host: string;
  readonly #server: URL;
  /** Path of the server URL, without a slash at the end. */
  readonly #pathPrefix: string;
  readonly #credentials: Credentials;
  readonly #certificateAuthority: () => Promise<string | undefined>;
  readonly #pools: ConnectionPools;
  readonly #schedule: RetrySchedule;
  readonly #headersTimeoutMs: number;
  readonly #bodyTimeoutMs: number;
  readonly #connectTimeoutMs: number;
  readonly #suspectAfterMs: number;
  readonly #acceptEncoding: Readonly<Record<string, string>>;
  /** Open WebSockets, to be ended with the transport. */
  readonly #webSockets = new Set<WebSocketConnection>();

  constructor(options: HttpTransportOptions) {
    const server = new URL(options.server);
    if (server.protocol !== 'https:' && server.protocol !== 'http:') {
      throw new TypeError(`the server URL must begin with https:// or http://: "${server.href}"`);
    }
    this.#server = server;
    this.host = server.host;
    this.#pathPrefix = server.pathname.replace(/\/+$/, '');
    this.#credentials = options.credentials ?? fixedCredentials();
    this.#certificateAuthority = options.certificateAuthority ?? (() => Promise.resolve(undefined));
    this.#schedule = retrySchedule(options.retries);
    this.#headersTimeoutMs = options.headersTimeoutMs ?? 65_000;
    this.#bodyTimeoutMs = options.bodyTimeoutMs ?? 60_000;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
    this.#suspectAfterMs = options.suspectAfterMs ?? 1_000;
    const compression = options.compression ?? !isLoopback(server.hostname);
    this.#acceptEncoding = compression ? { 'accept-encoding': 'gzip' } : {};
    this.#pools = new ConnectionPools({
      origin: server.origin,
      tls: {
        serverName: options.serverName,
        insecureSkipTlsVerify: options.insecureSkipTlsVerify,
      },
      proxy: options.proxy,
      maxCallConnections: options.maxCallConnections ?? 64,
      connectTimeoutMs: this.#connectTimeoutMs,
      keepAliveMs: options.keepAliveMs ?? 60_000,
    });
  }

  /** Sends one request; see the class for what is repeated. */
  async request(request: TransportRequest): Promise<TransportResponse> {
    const { signal } = request;
    return this.#withRenewal(signal, async (credential, connections) => {
      for (let retry = 0; ; retry++) {
        try {
          return await this.#send(request, credential, connections);
        } catch (error) {
          signal?.throwIfAborted();
          const failure = toTransportError(error, this.host);
          const pauseMs = isRepeatable(request, failure) ? this.#schedule(retry) : undefined;
          if (pauseMs === undefined || this.#pools.closed) throw failure;
          await delay(pauseMs, signal);
        }
      }
    });
  }

  /** Opens a WebSocket with the same TLS settings, proxy and credentials. */
  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    const { signal } = request;
    // Most programs never open one; the library for it takes time and memory to load.
    const { openWebSocket } = await import('./web-socket.ts');
    const opened = await this.#withRenewal(signal, async (credential, { dialer }) =>
      openWebSocket({
        url: new URL(this.#pathPrefix + request.path, this.#server),
        protocols: request.protocols,
        headers: mutableHeaders(credential.headers, request.headers),
        dial: dialer.dial,
        timeoutMs: this.#connectTimeoutMs + this.#headersTimeoutMs,
        host: this.host,
        signal,
        onClose: (connection) => this.#webSockets.delete(connection),
      }),
    );
    if ('refusal' in opened) throw opened.refusal;
    this.#webSockets.add(opened.connection);
    return opened.connection;
  }

  /** Ends all connections and what obtains credentials; requests under way reject with code `CLOSED`. May be repeated. */
  async close(): Promise<void> {
    await Promise.all([...this.#webSockets].map((webSocket) => webSocket.close()));
    await this.#pools.close();
    await this.#credentials.close();
  }

  /** Attempts once, and once more with another credential if the first was answered 401. */
  async #withRenewal<A extends { readonly status: number; readonly discard?: () => void }>(
    signal: AbortSignal | undefined,
    attempt: (credential: Credential, connections: Connections) => Promise<A>,
  ): Promise<A> {
    signal?.throwIfAborted();
    const first = await this.#identity(signal);
    const answer = await attempt(first.credential, first.connections);
    if (answer.status !== 401) return answer;
    try {
      if (!(await this.#credentials.renew(first.credential, signal))) return answer;
    } catch (error) {
      answer.discard?.();
      throw error;
    }
    answer.discard?.();
    const second = await this.#identity(signal);
    return attempt(second.credential, second.connections);
  }

  async #identity(
    signal: AbortSignal | undefined,
  ): Promise<{ credential: Credential; connections: Connections }> {
    this.#throwIfClosed();
    const credential = await this.#credentials.current(signal);
    const certificateAuthority = await this.#certificateAuthority();
    // It may have been closed meanwhile: what is opened now, nobody would close.
    this.#throwIfClosed();
    const connections = this.#pools.select(certificateAuthority, credential.clientCertificate);
    return { credential, connections };
  }

  #throwIfClosed(): void {
    if (!this.#pools.closed) return;
    throw new TransportError(`${this.host}: the transport is closed`, {
      code: 'CLOSED',
      host: this.host,
      maybeSent: false,
    });
  }

  async #send(
    request: TransportRequest,
    credential: Credential,
    selected: Connections,
  ): Promise<TransportResponse & { discard: () => void }> {
    const { signal, longLived = false } = request;
    // Another request, or an earlier attempt of this one, may have had them replaced.
    const connections = this.#pools.latest(selected);
    const pool: Pool = longLived ? connections.streams : connections.calls;
    const startedMs = performance.now();
    const sent = pool.request({
      method: request.method,
      path: this.#pathPrefix + request.path,
      headers: mutableHeaders(
        longLived ? {} : this.#acceptEncoding,
        credential.headers,
        request.headers,
      ),
      body: request.body ?? null,
      headersTimeout: longLived ? 0 : this.#headersTimeoutMs,
      bodyTimeout: longLived ? 0 : this.#bodyTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    // undici notices an abort only once it is connected; the caller must not wait for that.
    const response = await abortable(sent, signal, discard).catch((error: unknown) => {
      const isSuspect = performance.now() - startedMs >= this.#suspectAfterMs;
      if (isSuspect) this.#pools.replace(connections);
      throw error;
    });
    const headers = plainHeaders(response.headers);
    return {
      status: response.statusCode,
      headers,
      body: readResponseBody(response.body, {
        host: this.host,
        signal,
        contentEncoding: headers['content-encoding'],
      }),
      discard: () => discard(response),
    };
  }
}

/** Reads and drops the rest of a short answer, so that its connection can be used again; ends a long one. */
function discard({ body }: Dispatcher.ResponseData): void {
  body.dump().catch(() => undefined);
}

function mutableHeaders(
  ...sources: readonly (CredentialHeaders | undefined)[]
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const source of sources) {
    for (const [name, value] of Object.entries(source ?? {})) {
      headers[name] = typeof value === 'string' ? bytesOfHeader(value) : value.map(bytesOfHeader);
    }
  }
  return headers;
}

function plainHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    plain[name] = textOfHeader(typeof value === 'string' ? value : value.join(', '));
  }
  return plain;
}
