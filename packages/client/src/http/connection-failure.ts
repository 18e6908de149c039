import { TransportError, type TransportErrorCode } from './transport-error.ts';

/** What one low-level error code means. */
interface Meaning {
  readonly code: TransportErrorCode;
  /** Whether the server may have seen the request. */
  readonly maybeSent: boolean;
  readonly text: string;
}

const refused = (text: string): Meaning => ({ code: 'CONNECT_FAILED', maybeSent: false, text });
const lost = (text: string): Meaning => ({ code: 'CONNECTION_LOST', maybeSent: true, text });
const untrusted = (text: string): Meaning => ({ code: 'TLS_FAILED', maybeSent: false, text });

const caAdvice =
  'set certificate-authority(-data) of the cluster in the kubeconfig to the CA that signed it';

// Codes of libuv, OpenSSL (X509_V_ERR_*), node:tls and undici.
const meanings = new Map<string, Meaning>([
  ['ECONNREFUSED', refused('connection refused: is the API server running there?')],
  ['ENOTFOUND', refused('the host name does not resolve')],
  ['EAI_AGAIN', refused('the name server did not answer')],
  ['EHOSTUNREACH', refused('no route to the host')],
  ['ENETUNREACH', refused('the network is unreachable')],
  ['EADDRNOTAVAIL', refused('no local address or port is free for the connection')],
  ['EMFILE', refused('this process has too many open files')],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    { code: 'CONNECT_TIMEOUT', maybeSent: false, text: 'no connection in time' },
  ],
  ['ETIMEDOUT', { code: 'CONNECT_TIMEOUT', maybeSent: true, text: 'the connection timed out' }],
  [
    'UND_ERR_HEADERS_TIMEOUT',
    { code: 'HEADERS_TIMEOUT', maybeSent: true, text: 'no answer in time' },
  ],
  [
    'UND_ERR_BODY_TIMEOUT',
    { code: 'BODY_TIMEOUT', maybeSent: true, text: 'the answer stopped arriving' },
  ],
  ['ECONNRESET', lost('connection reset')],
  ['ECONNABORTED', lost('connection aborted')],
  ['EPIPE', lost('the connection broke while the request was sent')],
  ['UND_ERR_SOCKET', lost('the server closed the connection')],
  ['UND_ERR_DESTROYED', { code: 'CLOSED', maybeSent: true, text: 'the transport was closed' }],
  ['UND_ERR_CLOSED', { code: 'CLOSED', maybeSent: false, text: 'the transport is closed' }],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    untrusted(`the server's certificate is signed by itself; ${caAdvice}`),
  ],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    untrusted(`the server's certificate chain ends in an unknown CA; ${caAdvice}`),
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    untrusted(`the server's certificate is signed by an unknown CA; ${caAdvice}`),
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT',
    untrusted(`the server's certificate is signed by an unknown CA; ${caAdvice}`),
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    untrusted(`the server's certificate is signed by an unknown CA; ${caAdvice}`),
  ],
  [
    'CERT_SIGNATURE_FAILURE',
    untrusted(`the server's certificate is not signed by the configured CA; ${caAdvice}`),
  ],
  ['CERT_HAS_EXPIRED', untrusted("the server's certificate has expired; renew it on the server")],
  [
    'CERT_NOT_YET_VALID',
    untrusted("the server's certificate is not valid yet; check this machine's clock"),
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    untrusted(
      "the server's certificate is for other names; set tls-server-name of the cluster in the kubeconfig to one of them",
    ),
  ],
]);

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // All addresses of a name failed (happy eyeballs): each says why, the first is as good as any.
  if (error instanceof AggregateError && !('code' in error)) return codeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function meaningOf(error: unknown): Meaning {
  const code = codeOf(error);
  const known = code === undefined ? undefined : meanings.get(code);
  if (known !== undefined) return known;
  const text = error instanceof Error ? error.message : String(error);
  if (code?.startsWith('ERR_SSL_') === true || code?.startsWith('ERR_OSSL_') === true) {
    return untrusted(`TLS: ${text}`);
  }
  // undici's parser names its errors, but gives a code only to some.
  const isParserError = error instanceof Error && error.name === 'HTTPParserError';
  if (isParserError || code?.startsWith('UND_ERR_') === true) {
    return { code: 'PROTOCOL_ERROR', maybeSent: true, text };
  }
  return lost(text);
}

/** Turns the failure to connect into a {@link TransportError}: whatever it was, no request was sent. */
export function toConnectError(error: unknown, host: string): TransportError {
  if (error instanceof TransportError) return error;
  const { code, text } = meaningOf(error);
  return new TransportError(`${host}: ${text}`, {
    code: code === 'CONNECTION_LOST' ? 'CONNECT_FAILED' : code,
    host,
    maybeSent: false,
    cause: error,
  });
}

/** Turns what socket, TLS or HTTP client threw into a {@link TransportError} that says what it means. */
export function toTransportError(error: unknown, host: string): TransportError {
  if (error instanceof TransportError) return error;
  const { code, maybeSent, text } = meaningOf(error);
  return new TransportError(`${host}: ${text}`, { code, host, maybeSent, cause: error });
}
