import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';

/** The network between one agent and the API server: while it is cut, requests go out and nothing ever comes back. */
export class SwitchedTransport implements Transport {
  isCut = false;
  readonly #inner: Transport;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    if (!this.isCut) return this.#inner.request(request);
    const { signal } = request;
    return new Promise((_resolve, reject) => {
      const onAbort = (): void => {
        reject(signal?.reason as Error); // the reason of whoever aborts
      };
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    return this.#inner.webSocket(request);
  }

  /** The inner one belongs to the test. */
  async close(): Promise<void> {
    return Promise.resolve();
  }
}
