import assert from 'node:assert/strict';
import type {
  Transport,
  TransportRequest,
  TransportResponse,
  WebSocketConnection,
  WebSocketRequest,
} from '@kubewright/apimachinery';

/** One answer of a script; a plain value is answered as JSON with 200. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is bytes to send as they are. */
  readonly body?: unknown;
  readonly error?: Error;
}

/** Answers requests from a list, in order, and remembers them. */
export class ScriptedTransport implements Transport {
  readonly requests: TransportRequest[] = [];
  readonly webSocketRequests: WebSocketRequest[] = [];
  readonly #answers: Answer[];
  readonly #webSockets: WebSocketConnection[];
  closed = 0;

  constructor(answers: readonly Answer[] = [], webSockets: readonly WebSocketConnection[] = []) {
    this.#answers = [...answers];
    this.#webSockets = [...webSockets];
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    this.requests.push(request);
    const answer = this.#answers.shift();
    assert.ok(answer, `no answer is left for ${request.method} ${request.path}`);
    if (answer.error !== undefined) throw answer.error;
    return {
      status: answer.status ?? 200,
      headers: { 'content-type': 'application/json', ...answer.headers },
      body: bytesOf(answer.body ?? {}),
    };
  }

  async webSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
    this.webSocketRequests.push(request);
    const connection = this.#webSockets.shift();
    assert.ok(connection, `no WebSocket is left for ${request.path}`);
    return connection;
  }

  async close(): Promise<void> {
    this.closed++;
  }

  /** The request of this index, with its query taken apart and its JSON body parsed. */
  sent(index = 0): {
    method: string;
    path: string;
    query: Record<string, string>;
    headers: Readonly<Record<string, string>>;
    body: unknown;
  } {
    const request = this.requests[index];
    assert.ok(request, `there was no request ${index}`);
    const url = new URL(request.path, 'http://server');
    return {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers ?? {},
      body: typeof request.body === 'string' ? (JSON.parse(request.body) as unknown) : undefined,
    };
  }
}

async function* bytesOf(body: unknown): AsyncGenerator<Uint8Array, void> {
  if (isIterable(body)) yield* body;
  else if (body instanceof Uint8Array) yield body;
  else yield Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function isIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A `Status` as an API server answers it. */
export function failure(code: number, reason: string, message: string, more: object = {}): Answer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...more },
  };
}
