/** Why a request got no complete answer. */
export type TransportErrorCode =
  /** No connection: refused, unreachable, name not resolved. */
  | 'CONNECT_FAILED'
  /** No connection within the connect timeout. */
  | 'CONNECT_TIMEOUT'
  /** The TLS handshake failed: certificate not trusted, wrong name, expired, client certificate refused. */
  | 'TLS_FAILED'
  /** The proxy refused the tunnel. */
  | 'PROXY_FAILED'
  /** The connection was made, but no response headers came in time. */
  | 'HEADERS_TIMEOUT'
  /** A call's body stopped arriving. Never raised for streams. */
  | 'BODY_TIMEOUT'
  /** The connection broke after the request was (perhaps partly) sent. */
  | 'CONNECTION_LOST'
  /** What the peer sent is not HTTP, or is too large. */
  | 'PROTOCOL_ERROR'
  /** The transport was closed by its owner. */
  | 'CLOSED';

/** What a {@link TransportError} is made of. */
export interface TransportErrorOptions extends ErrorOptions {
  readonly code: TransportErrorCode;
  /** Host and port of the API server, as in the URL. */
  readonly host: string;
  /** Whether the server may have seen the request. False only when it surely has not. */
  readonly maybeSent: boolean;
}

/**
 * A request that ended without an HTTP answer, or an answer that broke off.
 * A refusal by the API server is a `StatusError` instead.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  /** Host and port of the API server. */
  readonly host: string;
  /** Whether the server may have seen, and carried out, the request. False only when it surely has not. */
  readonly maybeSent: boolean;

  constructor(message: string, options: TransportErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.host = options.host;
    this.maybeSent = options.maybeSent;
  }

  /** The same error with the attempt in front of its message: `update Deployment default/web: …`. */
  during(attempt: string): TransportError {
    return new TransportError(`${attempt}: ${this.message}`, {
      code: this.code,
      host: this.host,
      maybeSent: this.maybeSent,
      cause: this,
    });
  }
}
