import type { TransportRequest } from '@kubewright/apimachinery';
import type { TransportError } from './transport-error.ts';

const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * Whether doing the request twice leaves the same state as once: the idempotent methods of RFC 9110 (9.2.2),
 * and server-side apply, which states what should be.
 */
function isIdempotent(request: TransportRequest): boolean {
  return (
    idempotentMethods.has(request.method) ||
    (request.method === 'PATCH' &&
      request.headers?.['content-type']?.startsWith('application/apply-patch') === true)
  );
}

/**
 * Whether a request that ended in this error may be sent again: when the connection was at fault, and the request
 * is idempotent or has surely not reached the server.
 */
export function isRepeatable(request: TransportRequest, error: TransportError): boolean {
  switch (error.code) {
    case 'CONNECT_FAILED':
    case 'CONNECT_TIMEOUT':
    case 'CONNECTION_LOST':
      return !error.maybeSent || isIdempotent(request);
    // A slow server is not helped by the same request again; the others fail the same way each time.
    case 'HEADERS_TIMEOUT':
    case 'BODY_TIMEOUT':
    case 'TLS_FAILED':
    case 'PROXY_FAILED':
    case 'PROTOCOL_ERROR':
    case 'CLOSED':
      return false;
    default:
      return error.code satisfies never;
  }
}
