import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';

/** When a process ends: before its nth write is sent, or after it was carried out but before the answer. */
export interface Cut {
  /** Which write it is, from 1. */
  readonly write: number;
  /** Before it is sent, or after it was carried out and before it is answered. */
  readonly when: 'before' | 'after';
  /** Which writes are counted, by their paths; not the renewals of a lease, for example, which come when they come. Default: all. */
  readonly among?: RegExp;
}

/**
 * A transport as a process has that is killed at a write: up to there all goes well, from there on nothing goes out any more.
 */
export class CutTransport implements Transport {
  readonly #inner: Transport;
  readonly #cut: Cut | undefined;
  readonly #gone = Promise.withResolvers<undefined>();
  #isGone = false;
  /** Writes that were counted, sent or not. */
  #counted = 0;
  /** `METHOD path` of the writes that were sent. */
  readonly writes: string[] = [];
  /** `GET path` of the reads that were sent, watches aside. */
  readonly reads: string[] = [];

  constructor(inner: Transport, cut?: Cut) {
    this.#inner = inner;
    this.#cut = cut;
  }

  /** Resolves when the process is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    if (this.#isGone) return this.#never(request);
    if (request.method === 'GET') {
      if (!request.path.includes('watch=')) this.reads.push(`GET ${request.path}`);
      return this.#inner.request(request);
    }
    const path = request.path.split('?', 1)[0] ?? '';
    const isCounted = this.#cut?.among?.test(path) ?? true;
    if (isCounted) this.#counted += 1;
    const isLast = isCounted && this.#counted === this.#cut?.write;
    if (isLast && this.#cut.when === 'before') return this.#end(request);
    this.writes.push(`${request.method} ${path}`);
    const response = await this.#inner.request(request);
    return isLast ? this.#end(request) : response;
  }

  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    return this.#inner.webSocket(request);
  }

  /** The inner one belongs to the test. */
  async close(): Promise<void> {
    return Promise.resolve();
  }

  async #end(request: TransportRequest): Promise<never> {
    this.#isGone = true;
    this.#gone.resolve(undefined);
    return this.#never(request);
  }

  async #never({ signal }: TransportRequest): Promise<never> {
    return new Promise((_resolve, reject) => {
      const onAbort = (): void => {
        reject(signal?.reason as Error); // the reason of whoever aborts
      };
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
