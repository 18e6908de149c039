import type { Transport, TransportRequest, TransportResponse } from '@kubewright/apimachinery';
import { withRetries, type RetryOptions } from './retry.ts';
import { statusErrorOf } from './status-of.ts';

/** What is known of one request when its answer, or the lack of one, is there. */
export interface RequestSample {
  readonly method: TransportRequest['method'];
  /** Path without query. */
  readonly path: string;
  /** HTTP status; `undefined` when no answer came. */
  readonly code: number | undefined;
  /** From the request to the headers of the answer. */
  readonly durationMs: number;
}

/** Options of a {@link Caller}. */
export interface CallerOptions {
  readonly transport: Transport;
  readonly userAgent: string;
  readonly retry?: RetryOptions | undefined;
  readonly onRequest?: ((sample: RequestSample) => void) | undefined;
  readonly onWarning?: ((text: string, attempt: string) => void) | undefined;
}

/** A request, and how its failure is told. */
export interface Call extends TransportRequest {
  /** What is tried, as in `update Deployment default/web`. */
  readonly attempt: string;
  /** Whether doing it twice is the same as doing it once. Default: by its method. */
  readonly isIdempotent?: boolean;
}

const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Sends requests, tries again what may be tried again, and turns refusals into `StatusError`s. */
export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** The answer of a successful request, as soon as its headers are there. */
  async send(call: Call): Promise<TransportResponse> {
    return withRetries(
      {
        run: () => this.#sendOnce(call),
        isIdempotent: call.isIdempotent ?? idempotentMethods.has(call.method),
        signal: call.signal,
      },
      this.#options.retry,
    );
  }

  /** The JSON of a successful answer; the caller knows its type. */
  async json<T>(call: Call): Promise<T> {
    const response = await this.send(call);
    const parts: Uint8Array[] = [];
    for await (const part of response.body) parts.push(part);
    try {
      // The API documents what each call answers.
      return JSON.parse(Buffer.concat(parts).toString('utf8')) as T;
    } catch (error) {
      throw new Error(`${call.attempt}: the server's answer is not JSON`, { cause: error });
    }
  }

  async #sendOnce({ attempt, isIdempotent: _, ...request }: Call): Promise<TransportResponse> {
    const { transport, userAgent, onRequest, onWarning } = this.#options;
    const startMs = performance.now();
    const path = request.path.split('?', 1)[0] ?? request.path;
    const headers = { accept: 'application/json', 'user-agent': userAgent, ...request.headers };
    let code: number | undefined;
    try {
      const response = await transport.request({ ...request, headers });
      code = response.status;
      const warning = response.headers['warning'];
      if (warning !== undefined) for (const text of warningsOf(warning)) onWarning?.(text, attempt);
      if (code >= 300) throw await statusErrorOf(response, attempt);
      return response;
    } finally {
      onRequest?.({ method: request.method, path, code, durationMs: performance.now() - startMs });
    }
  }
}

/** The texts in a `Warning` header: `299 - "text"`, several with commas between (RFC 7234, 5.5). */
export function warningsOf(header: string): string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}
