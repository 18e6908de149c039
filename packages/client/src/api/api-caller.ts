import {
  StatusError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
  type WebSocketConnection,
} from '@kubewright/apimachinery';
import { delay } from '../abort/delay.ts';
import { DecodeError } from '../decode/decode-error.ts';
import { TransportError } from '../http/transport-error.ts';
import { readBody } from './read-body.ts';
import type { RequestSample } from './request-sample.ts';
import { statusErrorOf } from './response-error.ts';
import { retryPauseOf, type RetryAfterOptions } from './retry-after.ts';
import { warningsOf } from './warning.ts';

/** One request of the client, with what messages and metrics say about it. */
export interface ApiRequest {
  readonly method: TransportRequest['method'];
  /** Path and query. */
  readonly path: string;
  /** The path with placeholders for names. */
  readonly pathPattern: string;
  readonly verb: string;
  /** What is tried, for messages: `update Deployment default/web`. */
  readonly attempt: string;
  /** `pods`, `deployments.apps`. */
  readonly resource?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly longLived?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One WebSocket of the client. */
export interface WebSocketApiRequest extends Pick<
  ApiRequest,
  'path' | 'pathPattern' | 'verb' | 'attempt' | 'resource' | 'signal'
> {
  /** Sub-protocols in order of preference. */
  readonly protocols: readonly string[];
}

/** What an {@link ApiCaller} needs. */
export interface ApiCallerOptions {
  readonly transport: Transport;
  readonly host: string;
  readonly userAgent: string;
  readonly retryAfter: RetryAfterOptions;
  /** Bound of one answer that is read whole, in bytes. */
  readonly maxObjectBytes: number;
  readonly onRequest: ((sample: RequestSample) => void) | undefined;
  readonly onWarning: ((text: string, attempt: string) => void) | undefined;
}

/**
 * Sends requests and turns refusals into errors that name the attempt. What every verb has in common:
 * user agent, `Retry-After`, warnings, metrics.
 */
export class ApiCaller {
  readonly options: ApiCallerOptions;

  constructor(options: ApiCallerOptions) {
    this.options = options;
  }

  /**
   * Sends a request and resolves with the answer as soon as its headers are there.
   *
   * @throws StatusError when the server refuses, TransportError when no answer came.
   */
  async open(request: ApiRequest): Promise<TransportResponse> {
    let waitedMs = 0;
    for (let retry = 0; ; retry++) {
      const response = await this.#sendOnce(request);
      if (response.status >= 200 && response.status < 300) return response;
      const error = await statusErrorOf(response, request.attempt);
      request.signal?.throwIfAborted();
      const pauseMs = this.#pause(error, request, retry, waitedMs);
      if (pauseMs === undefined) throw error;
      await delay(pauseMs, request.signal);
      waitedMs += pauseMs;
    }
  }

  /** Sends a request and reads the whole answer. */
  async read(request: ApiRequest): Promise<Uint8Array> {
    const response = await this.open(request);
    return this.during(request, () => readBody(response.body, this.options.maxObjectBytes));
  }

  /** Sends a request and reads the answer as JSON. */
  async json(request: ApiRequest): Promise<unknown> {
    const bytes = await this.read({
      ...request,
      headers: { accept: 'application/json', ...request.headers },
    });
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new DecodeError(
        'MALFORMED',
        `${request.attempt}: the answer is not JSON: ${text.slice(0, 100)}`,
        { cause },
      );
    }
  }

  /** Opens a WebSocket; a refusal names the attempt. */
  async webSocket(request: WebSocketApiRequest): Promise<WebSocketConnection> {
    const { path, protocols, signal, attempt } = request;
    const { transport, userAgent } = this.options;
    const startMs = performance.now();
    let code = '<error>';
    try {
      const connection = await transport.webSocket({
        path,
        protocols,
        headers: { 'user-agent': userAgent },
        ...(signal === undefined ? {} : { signal }),
      });
      code = '101';
      return connection;
    } catch (error) {
      if (!(error instanceof StatusError)) throw named(error, attempt);
      code = String(error.code);
      throw new StatusError(error.status, { attempt, cause: error });
    } finally {
      this.#sample({ ...request, method: 'GET' }, code, startMs);
    }
  }

  /** Runs work that belongs to a request, so that its errors name the attempt. */
  async during<T>(request: Pick<ApiRequest, 'attempt'>, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw named(error, request.attempt);
    }
  }

  #pause(
    error: StatusError,
    request: ApiRequest,
    retry: number,
    waitedMs: number,
  ): number | undefined {
    return retryPauseOf(
      error,
      { method: request.method, retry, waitedMs },
      this.options.retryAfter,
    );
  }

  async #sendOnce(request: ApiRequest): Promise<TransportResponse> {
    const { transport, userAgent, onWarning } = this.options;
    const startMs = performance.now();
    let code = '<error>';
    try {
      const response = await transport.request({
        method: request.method,
        path: request.path,
        headers: { 'user-agent': userAgent, ...request.headers },
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
        ...(request.longLived === undefined ? {} : { longLived: request.longLived }),
      });
      code = String(response.status);
      if (onWarning !== undefined) {
        for (const text of warningsOf(response)) onWarning(text, request.attempt);
      }
      return response;
    } catch (error) {
      throw named(error, request.attempt);
    } finally {
      this.#sample(request, code, startMs);
    }
  }

  #sample(
    request: Pick<ApiRequest, 'method' | 'verb' | 'pathPattern' | 'resource'>,
    code: string,
    startMs: number,
  ): void {
    const { method, verb, pathPattern, resource } = request;
    this.options.onRequest?.({
      method,
      verb,
      pathPattern,
      resource,
      code,
      durationMs: performance.now() - startMs,
      host: this.options.host,
    });
  }
}

/** Puts the attempt in front of the messages of our own errors; others, such as an abort's reason, pass unchanged. */
export function named(error: unknown, attempt: string): unknown {
  return error instanceof TransportError || error instanceof DecodeError
    ? error.during(attempt)
    : error;
}
