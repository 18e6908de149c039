import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';

/** What a test does around the writes of an operator, each named as `METHOD /path`. */
export interface WriteHooks {
  /** Before a write goes out. */
  readonly before?: (write: string) => void | Promise<void>;
  /** After it was carried out, before the operator hears of it. */
  readonly after?: (write: string) => void | Promise<void>;
}

/** A transport whose requests can be counted, and whose writes can be waited for. */
export class WatchedTransport implements Transport {
  readonly #inner: Transport;
  readonly #hooks: WriteHooks;
  readonly #life = new AbortController();
  /** `METHOD /path` of each request, in order. */
  readonly requests: string[] = [];

  constructor(inner: Transport, hooks: WriteHooks = {}) {
    this.#inner = inner;
    this.#hooks = hooks;
  }

  /** `METHOD /path` of what was no read. */
  get writes(): readonly string[] {
    return this.requests.filter((request) => !request.startsWith('GET '));
  }

  /** Resolves when the process is gone. */
  get dead(): Promise<void> {
    const { signal } = this.#life;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** From now on nothing goes out and nothing comes in, as in a process that was killed. */
  die(): void {
    this.#life.abort();
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const text = `${request.method} ${request.path.split('?', 1)[0] ?? ''}`;
    await this.#untilAlive(request);
    this.requests.push(text);
    if (request.method === 'GET') return this.#inner.request(request);
    await this.#hooks.before?.(text);
    await this.#untilAlive(request);
    const response = await this.#inner.request(request);
    await this.#hooks.after?.(text);
    await this.#untilAlive(request);
    return response;
  }

  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    return this.#inner.webSocket(request);
  }

  /** The inner one belongs to the test. */
  async close(): Promise<void> {
    return Promise.resolve();
  }

  /** For ever, after the death; then only the end of the caller's patience ends it. */
  async #untilAlive({ signal }: TransportRequest): Promise<void> {
    if (!this.#life.signal.aborted) return;
    await new Promise<never>((_resolve, reject) => {
      const onAbort = (): void => {
        reject(signal?.reason as Error); // the reason of whoever aborts
      };
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
