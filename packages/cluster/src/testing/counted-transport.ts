import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';

/**
 * A transport that says how many requests lack a part of their answer, so that a test can let time pass only while nothing is under way.
 * Streams, which have no end, count until they have begun.
 */
export class CountedTransport implements Transport {
  readonly #inner: Transport;
  readonly #among: RegExp | undefined;
  #underWay = 0;

  /** @param among - Which requests are counted, by their paths. Default: all. */
  constructor(inner: Transport, among?: RegExp) {
    this.#inner = inner;
    this.#among = among;
  }

  /** Counted requests that are not answered in full. One whose answer is never read stays among them. */
  get underWay(): number {
    return this.#underWay;
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const end = this.#begin(request.path);
    try {
      const response = await this.#inner.request(request);
      if (request.longLived !== true) return { ...response, body: ending(response.body, end) };
      end();
      return response;
    } catch (error) {
      end();
      throw error;
    }
  }

  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    const end = this.#begin(request.path);
    try {
      return await this.#inner.webSocket(request);
    } finally {
      end();
    }
  }

  /** The inner one belongs to who made it. */
  async close(): Promise<void> {
    return Promise.resolve();
  }

  /** @returns what counts it as ended; may be repeated */
  #begin(path: string): () => void {
    if (this.#among?.test(path) === false) return () => undefined;
    this.#underWay += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.#underWay -= 1;
      isOver = true;
    };
  }
}

/** The same bytes; calls back when they have ended, failed or been left. */
function ending(body: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const inner = body[Symbol.asyncIterator]();
      return {
        next: async () => {
          try {
            const result = await inner.next();
            if (result.done === true) onEnd();
            return result;
          } catch (error) {
            onEnd();
            throw error;
          }
        },
        // Not begun, too: what leaves a body unread ends it so.
        return: async () => {
          onEnd();
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
