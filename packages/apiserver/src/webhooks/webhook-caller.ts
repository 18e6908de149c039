import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { JsonObject, StoreReader } from '../contracts.ts';
import { jsonErrorText } from '../handler/body.ts';
import { isJsonObject } from '../schema/json-type.ts';
import type { WebhookTarget } from './client-config.ts';
import { serviceAddress, type NetworkAddress, type ServiceRouter } from './service-address.ts';
import { describeConnectionFailure, describeStatusCode, WebhookError } from './webhook-error.ts';

/** A review on its way to a webhook. */
export interface WebhookCall {
  readonly target: WebhookTarget;
  readonly review: JsonObject;
  /** Whole seconds until the answer counts as missing; also told to the webhook. */
  readonly timeoutSeconds: number;
}

/** What {@link WebhookCaller} takes. */
export interface WebhookCallerOptions {
  /** Where Services are looked up. */
  readonly store: StoreReader;
}

/** Idle connections kept for each webhook. */
const MAX_IDLE_SOCKETS = 4;

/** Longest answer, in bytes. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

interface Endpoint {
  readonly url: URL;
  /** The URL as it stands in messages. */
  readonly shownUrl: string;
  readonly address: NetworkAddress;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * Sends reviews to webhooks over HTTPS, and verifies who answers: by the authority of the configuration, and by the
 * name of the Service or the host of the URL.
 */
export class WebhookCaller implements Disposable {
  readonly #store: StoreReader;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS });
  #route: ServiceRouter = () => undefined;

  constructor({ store }: WebhookCallerOptions) {
    this.#store = store;
  }

  /** Reaches Services by way of this router until it is disposed of. */
  routeServices(route: ServiceRouter): Disposable {
    this.#route = route;
    return {
      [Symbol.dispose]: () => {
        if (this.#route === route) this.#route = () => undefined;
      },
    };
  }

  /**
   * The object that a webhook answers.
   *
   * @throws WebhookError when it gives none: it cannot be reached, takes too long, refuses, or answers something else.
   */
  async call(call: WebhookCall): Promise<JsonObject> {
    const endpoint = this.#endpoint(call);
    const answer = await this.#post(endpoint, call);
    const text = answer.body.toString();
    if (answer.status < 200 || answer.status > 299) {
      throw new WebhookError(refusalText(answer, text));
    }
    if (text === '') {
      throw new WebhookError(
        `0-length response with status code: ${answer.status} and content type: ${answer.contentType}`,
      );
    }
    return readObject(text);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #endpoint({ target, timeoutSeconds }: WebhookCall): Endpoint {
    const base =
      target.kind === 'url'
        ? target.url
        : `https://${target.name}.${target.namespace}.svc:${target.port}${target.path}`;
    const shownUrl = `${base}?timeout=${timeoutSeconds}s`;
    const url = new URL(shownUrl);
    if (target.kind === 'url') {
      // A host in brackets is an IPv6 address.
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      return { url, shownUrl, address: { host, port: url.port === '' ? 443 : Number(url.port) } };
    }
    try {
      const own = serviceAddress(this.#store, target);
      return { url, shownUrl, address: this.#route(target) ?? own };
    } catch (error) {
      throw failedPost(shownUrl, error instanceof Error ? error.message : String(error));
    }
  }

  async #post(endpoint: Endpoint, call: WebhookCall, isRetry = false): Promise<Answer> {
    const { url, shownUrl, address } = endpoint;
    const { caBundle } = call.target;
    if (caBundle !== undefined && !caBundle.includes('-----BEGIN CERTIFICATE-----')) {
      throw new WebhookError(
        'unable to load root certificates: unable to parse bytes as PEM block',
        { isBeforeCall: true },
      );
    }
    const body = Buffer.from(JSON.stringify(call.review));
    const timeout = AbortSignal.timeout(call.timeoutSeconds * 1000);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request(
      {
        agent: this.#agent,
        method: 'POST',
        host: address.host,
        port: address.port,
        path: `${url.pathname}${url.search}`,
        // Names only: TLS has no server name for addresses, and Node verifies these by the host.
        ...(call.target.kind === 'service' ? { servername: url.hostname } : {}),
        ...(caBundle === undefined ? {} : { ca: caBundle }),
        headers: {
          host: url.host,
          'user-agent': 'kube-apiserver-admission',
          accept: 'application/json, */*',
          'content-type': 'application/json',
          'content-length': body.length,
        },
        signal: timeout,
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
    try {
      return await readAnswer(await promise);
    } catch (error) {
      if (timeout.aborted) throw failedPost(shownUrl, 'context deadline exceeded');
      if (error instanceof WebhookError) throw error;
      // The webhook closed the idle connection just when it was taken for this review.
      const wasClosed = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (sent.reusedSocket && wasClosed && !isRetry) return this.#post(endpoint, call, true);
      const shownAddress = `${address.host}:${address.port}`;
      throw failedPost(shownUrl, describeConnectionFailure(error, url.hostname, shownAddress));
    }
  }
}

function failedPost(shownUrl: string, detail: string): WebhookError {
  return new WebhookError(`Post ${JSON.stringify(shownUrl)}: ${detail}`);
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A response without an encoding gives buffers.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new WebhookError('the answer is too long');
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: Buffer.concat(chunks),
  };
}

/** A `Status` says itself what is wrong; other bodies count only when they are text. */
function refusalText({ status, contentType }: Answer, text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (isJsonObject(body) && body['kind'] === 'Status' && typeof body['message'] === 'string') {
      return body['message'];
    }
  } catch {
    // No JSON, no Status.
  }
  const isText = contentType === '' || contentType.startsWith('text/');
  return describeStatusCode(status, isText ? text.trim() : 'unknown');
}

function readObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new WebhookError(
      `couldn't get version/kind; json parse error: ${jsonErrorText(error, text)}`,
    );
  }
  if (isJsonObject(value)) return value;
  throw new WebhookError("couldn't get version/kind; json parse error: the answer is no object");
}
