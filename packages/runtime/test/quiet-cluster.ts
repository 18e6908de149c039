import { Client } from '@kubewright/client';
import type { Transport, TransportRequest, TransportResponse } from '@kubewright/apimachinery';

/**
 * A transport to an API server that has nothing: lists are empty, watches stay open until aborted, reads find nothing. Enough for a manager
 * whose order of things is looked at; single requests can be answered otherwise.
 */
export class QuietCluster implements Transport {
  /** `METHOD /path` of each request. */
  readonly requests: string[] = [];
  /** An answer instead of the usual one. */
  answer: (
    request: TransportRequest,
  ) => { status: number; body: unknown } | undefined | Promise<never> = () => undefined;
  readonly client = new Client({ transport: this });

  async request(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    this.requests.push(`${request.method} ${request.path.split('?', 1)[0] ?? ''}`);
    const own = await this.answer(request);
    if (own !== undefined) return respond(own.status, own.body);
    if (request.longLived === true) return stayOpen(request.signal);
    if (request.method === 'GET') {
      return respond(200, {
        kind: 'List',
        apiVersion: 'v1',
        metadata: { resourceVersion: '1' },
        items: [],
      });
    }
    return respond(201, JSON.parse(String(request.body)));
  }

  webSocket(): Promise<never> {
    return Promise.reject(new Error('there are no streams here'));
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}

/** An answer of the server. */
export function respond(status: number, body: unknown): TransportResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: ReadableStream.from([Buffer.from(JSON.stringify(body))]),
  };
}

function stayOpen(signal: AbortSignal | undefined): TransportResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
      yield Buffer.alloc(0);
    })(),
  };
}
