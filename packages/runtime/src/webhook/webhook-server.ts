import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { WebhookMetrics } from '../metrics/webhook-metrics.ts';
import { addressOf, listen, type ListenOptions } from '../serving/listen.ts';
import type { KeyedCertificate } from './certificates/x509.ts';
import { BodyTooLongError, readJsonBody } from './read-json-body.ts';
import { MalformedReviewError, type WebhookRoute } from './webhook-route.ts';

/** What a webhook server is made of. */
export interface WebhookServerOptions extends Omit<ListenOptions, 'purpose'> {
  readonly routes: readonly WebhookRoute[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: WebhookMetrics;
}

/** Longest time a peer may take for its headers, and for its whole request, in milliseconds. */
const [headersTimeoutMs, requestTimeoutMs] = [10_000, 60_000];

/**
 * How long an idle connection stays open, in milliseconds: longer than API servers keep one (90 s), so that they close it,
 * and no review meets a connection that is being closed here.
 */
const keepAliveMs = 120_000;

/** How long reviews under way may take to end when the server stops, in milliseconds; API servers wait at most 30 s. */
const drainMs = 30_000;

/**
 * The HTTPS server that API servers send reviews to.
 *
 * Guarantees: TLS 1.2 or newer; a certificate handed over later serves the next connections; after {@link WebhookServer.stop}
 * no socket is open. Bodies are bounded; what goes wrong within is logged and never told to the peer.
 */
export class WebhookServer {
  readonly #options: WebhookServerOptions;
  readonly #routes: ReadonlyMap<string, WebhookRoute>;
  #server: Server | undefined;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#routes = new Map(options.routes.map((route) => [route.path, route]));
  }

  /** Where it listens; undefined before the start and after the stop. */
  get address(): AddressInfo | undefined {
    return addressOf(this.#server);
  }

  /**
   * Listens, and resolves with the address.
   *
   * @throws PortInUseError when another program has the port.
   */
  async start(certificate: KeyedCertificate): Promise<AddressInfo> {
    const server = createServer(
      {
        ...secureContext(certificate),
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveMs,
      },
      (request, response) => {
        void this.#serve(request, response);
      },
    );
    const address = await listen(server, { ...this.#options, purpose: 'webhook' });
    this.#server = server;
    return address;
  }

  /** Serves this certificate from the next connection on. */
  use(certificate: KeyedCertificate): void {
    this.#server?.setSecureContext(secureContext(certificate));
  }

  /** Stops listening, lets reviews under way end, and closes every connection; may be repeated. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    server.closeIdleConnections();
    using _limit = this.#options.clock.schedule(drainMs, () => {
      server.closeAllConnections();
    });
    await closed;
  }

  /** Never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const route = this.#routes.get(path);
    // An unknown path may be anything: it is no label.
    using observed = this.#options.metrics.begin(route?.path ?? 'unknown');
    const gone = new AbortController();
    const onClose = (): void => {
      gone.abort(new Error('the API server waits no longer'));
    };
    response.once('close', onClose);
    let answer: Answer;
    try {
      answer = await this.#answer(request, route, gone.signal);
    } catch (error) {
      this.#options.logger.error('webhook failed', { path, error });
      answer = text(500, 'internal error\n');
    }
    observed.answered(answer.status);
    response.off('close', onClose);
    if (gone.signal.aborted) return;
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': answer.body.length,
      // Whatever is left of a body that was not read would be taken for the next request.
      ...(request.complete ? {} : { connection: 'close' }),
    });
    response.end(answer.body);
  }

  async #answer(
    request: IncomingMessage,
    route: WebhookRoute | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (route === undefined) return text(404, 'there is no such webhook\n');
    if (request.method !== 'POST') return text(405, 'webhooks take POST only\n');
    if (!/^application\/json(;|$)/.test(request.headers['content-type'] ?? '')) {
      return text(415, 'webhooks take application/json only\n');
    }
    try {
      const review = await readJsonBody(request, route.maxBytes);
      const body = JSON.stringify(await route.answer(review, signal));
      return { status: 200, contentType: 'application/json', body: Buffer.from(body) };
    } catch (error) {
      if (error instanceof BodyTooLongError) return text(413, `${error.message}\n`);
      if (error instanceof MalformedReviewError) return text(400, `${error.message}\n`);
      throw error;
    }
  }
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

function text(status: number, message: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: Buffer.from(message) };
}

function secureContext({ certificate, key }: KeyedCertificate): {
  cert: string;
  key: string;
  minVersion: 'TLSv1.2';
} {
  return { cert: certificate, key, minVersion: 'TLSv1.2' };
}
