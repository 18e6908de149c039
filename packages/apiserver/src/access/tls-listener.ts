import type { IncomingMessage, ServerResponse as NodeResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { StatusError } from '@kubewright/apimachinery';
import type {
  ClientCertificate,
  ListenerOptions,
  ServerRequest,
  ServerResponse,
  TlsListener,
} from '../contracts.ts';
import { badRequest, internalError } from '../status.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import {
  certificateAt,
  readClientCertificate,
  type PresentedCertificate,
} from './client-certificate.ts';
import { textOfHeader } from './header-text.ts';
import { ListenError } from './listen-error.ts';
import { writeRawResponse } from './raw-response.ts';
import { readRequestBody } from './request-body.ts';
import { writeResponse } from './response-writer.ts';

/** Longest time to send the headers of a request, in milliseconds; as in the real server. */
const HEADERS_TIMEOUT_MS = 32_000;
/** How long an idle connection is kept, in milliseconds; as in the real server. */
const IDLE_TIMEOUT_MS = 90_000;
/** Longest header block, in bytes; the default of Go's server. */
const MAX_HEADER_BYTES = 1024 * 1024;

const HOSTS = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
];

/** One period of listening: the server and all that hangs on it. */
interface Session {
  readonly server: Server;
  /** Every open connection, also during its handshake and after an upgrade. */
  readonly sockets: Set<Duplex>;
  /** Requests and streams under way. */
  readonly work: Set<Promise<void>>;
  readonly closing: AbortController;
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, never>;
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    if (values === undefined) continue;
    headers[name] = textOfHeader(values.join(name === 'cookie' ? '; ' : ', '));
  }
  return headers;
}

function answerOf(error: unknown): ServerResponse {
  const refusal =
    error instanceof StatusError
      ? error
      : internalError(error instanceof Error ? error.message : String(error));
  return {
    status: refusal.code,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
    body: Buffer.from(`${JSON.stringify(refusal.status)}\n`),
  };
}

class HttpsListener implements TlsListener {
  readonly #options: ListenerOptions;
  readonly #certificates = new WeakMap<TLSSocket, PresentedCertificate | 'none'>();
  #authority: Promise<CertificateAuthority> | undefined;
  #session: Session | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  async caCertificate(): Promise<string> {
    const authority = await this.#ownAuthority();
    return authority.certificate;
  }

  async issueClientCertificate(subject: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly validityMs: number;
  }): Promise<{ readonly certificate: string; readonly key: string }> {
    const authority = await this.#ownAuthority();
    return authority.issueClient(subject);
  }

  async listen(options: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly url: string; readonly port: number }> {
    await this.#stopping;
    if (this.#session !== undefined) throw new TypeError('the server is listening already');
    const session = this.#createSession();
    this.#session = session;
    try {
      const authority = await this.#ownAuthority();
      const hosts = HOSTS.includes(options.host) ? HOSTS : [...HOSTS, options.host];
      const { certificate, key } = await authority.issueServer(hosts);
      session.server.setSecureContext({ key, cert: certificate, ca: authority.certificate });
      await this.#bind(session.server, options);
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
    // A listening TCP server has an address with a port.
    const { port } = session.server.address() as AddressInfo;
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    return { url: `https://${host}:${port}`, port };
  }

  async stop(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return this.#stopping;
    this.#session = undefined;
    this.#stopping = this.#end(session);
    return this.#stopping;
  }

  async #end(session: Session): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    session.server.close(() => resolve(undefined));
    session.closing.abort(new Error('the server is closing'));
    for (const socket of session.sockets) socket.destroy();
    await closed;
    await Promise.all(session.work);
  }

  async #ownAuthority(): Promise<CertificateAuthority> {
    this.#authority ??= CertificateAuthority.create('kubewright-ca');
    return this.#authority;
  }

  #bind(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(new ListenError(host, port, error));
      server.once('error', fail);
      server.listen({ host, port }, () => {
        server.off('error', fail);
        resolve();
      });
    });
  }

  #createSession(): Session {
    const server = createServer({
      requestCert: true,
      // An unknown certificate is answered with 401 by authentication, not with a broken handshake.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      noDelay: true,
    });
    const session: Session = {
      server,
      sockets: new Set(),
      work: new Set(),
      closing: new AbortController(),
    };
    const track = (socket: Duplex) => {
      session.sockets.add(socket);
      socket.once('close', () => session.sockets.delete(socket));
      // Peers reset connections whenever they like; what hangs on one learns it from `close`.
      socket.on('error', () => socket.destroy());
    };
    server.on('connection', track);
    server.on('secureConnection', track);
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    server.on('request', (message, response) => {
      this.#run(session, this.#answer(session, message, response));
    });
    server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#run(session, this.#upgrade(session, message, socket, head));
    });
    return session;
  }

  /** Keeps a task in sight until it ends. The tasks answer their own failures. */
  #run(session: Session, task: Promise<void>): void {
    const kept = task.finally(() => session.work.delete(kept));
    session.work.add(kept);
  }

  async #answer(session: Session, message: IncomingMessage, response: NodeResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the client has gone')));
    const signal = AbortSignal.any([gone.signal, session.closing.signal]);
    let answer: ServerResponse;
    let isWhole = true;
    try {
      const { body, complete } = await readRequestBody(message);
      isWhole = complete;
      answer = await this.#options.handle(this.#requestOf(message, body, signal));
    } catch (error) {
      answer = answerOf(error);
    }
    if (response.destroyed) {
      // Nobody reads the answer any more, but a stream must let go of what it holds.
      if (!(answer.body instanceof Uint8Array))
        await answer.body[Symbol.asyncIterator]().return?.();
      return;
    }
    if (!isWhole) response.setHeader('connection', 'close');
    await writeResponse(response, answer, { withoutBody: message.method === 'HEAD' });
  }

  async #upgrade(
    session: Session,
    message: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort(new Error('the client has gone')));
    const signal = AbortSignal.any([gone.signal, session.closing.signal]);
    try {
      const request = this.#requestOf(message, Buffer.alloc(0), signal);
      const accepted = await this.#options.acceptUpgrade(request);
      await this.#options.streams.serveSocket(accepted, request, socket, head);
    } catch (error) {
      // Thrown before the first byte of the new protocol; afterwards the streams end by themselves.
      if (socket.writable) await writeRawResponse(socket, answerOf(error));
    } finally {
      socket.destroy();
    }
  }

  #requestOf(message: IncomingMessage, body: Uint8Array, signal: AbortSignal): ServerRequest {
    const url = message.url ?? '/';
    if (!url.startsWith('/'))
      throw badRequest(`the request target ${JSON.stringify(url)} is no path`);
    const mark = url.indexOf('?');
    return {
      method: (message.method ?? 'GET').toUpperCase(),
      path: mark < 0 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      headers: headersOf(message),
      body,
      clientCertificate: this.#certificateOf(message.socket),
      signal,
    };
  }

  /** Read once for each connection: clients send thousands of requests over one. */
  #certificateOf(socket: unknown): ClientCertificate | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    let known = this.#certificates.get(socket);
    if (known === undefined) {
      known = readClientCertificate(socket) ?? 'none';
      this.#certificates.set(socket, known);
    }
    return known === 'none' ? undefined : certificateAt(known, Date.now());
  }
}

/** The HTTPS side of the server; see {@link TlsListener}. Nothing is opened before `listen`. */
export function createTlsListener(options: ListenerOptions): TlsListener {
  return new HttpsListener(options);
}
