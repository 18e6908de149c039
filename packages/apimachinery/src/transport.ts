import type { Duplex } from 'node:stream';

/** One HTTP request to an API server, without host and credentials. */
export interface TransportRequest {
  /** HTTP method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Path and query, such as `/api/v1/pods?limit=500`. */
  readonly path: string;
  /** Header names in lower case; values are text, which a socket carries as UTF-8. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: string | Uint8Array;
  /** Ends the request, also while its body is being read. */
  readonly signal?: AbortSignal;
  /** The answer stays open (watch, followed logs): it must not take the place of short calls and has no timeout. */
  readonly longLived?: boolean;
}

/** The answer, as soon as its headers are there. */
export interface TransportResponse {
  /** HTTP status. */
  readonly status: number;
  /** Header names in lower case; values are text, which a socket carries as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes, once. Leaving the loop early ends the request; so does `return` of an iterator that has not begun. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** One request that leaves HTTP for a WebSocket (exec, attach, port-forward). */
export interface WebSocketRequest {
  /** Path and query, as in {@link TransportRequest}. */
  readonly path: string;
  /** Sub-protocols in order of preference. */
  readonly protocols: readonly string[];
  /** Lower-case names. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An open WebSocket: whole messages in, whole messages out. */
export interface WebSocketConnection {
  /** The sub-protocol the server chose; the empty string when none. */
  readonly protocol: string;
  /** The incoming messages, once; ends when the peer closes, throws when the connection breaks. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Resolves when the message was handed to the connection, later when it is congested. */
  send(message: Uint8Array): Promise<void>;
  /** Closes the connection; may be repeated. */
  close(): Promise<void>;
}

/**
 * How requests reach an API server: over TLS, or within the process.
 * The client takes one, the embedded server offers one; both sides see the same bytes.
 */
export interface Transport {
  /** Sends one request. Rejects when no answer came (refused, reset, aborted), never because of a status code. */
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Opens a WebSocket. Rejects with a `StatusError` when the server refuses the upgrade. */
  webSocket(request: WebSocketRequest): Promise<WebSocketConnection>;
  /** Ends all connections; may be repeated. */
  close(): Promise<void>;
}

/** A connection to a port of a pod. */
export type ByteStream = Duplex;
