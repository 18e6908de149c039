import { X509Certificate } from 'node:crypto';

/** A webhook did not answer as it should. The message is worded as the real server words it, for clients that look. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  /** It could not even be tried. */
  readonly isBeforeCall: boolean;

  constructor(message: string, options: { readonly isBeforeCall?: boolean } = {}) {
    super(message);
    this.isBeforeCall = options.isBeforeCall ?? false;
  }
}

const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

const VERIFICATION = 'tls: failed to verify certificate: x509: ';

/** Why no answer came, as Go's HTTP client says it. */
export function describeConnectionFailure(error: unknown, host: string, address: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error instanceof Error ? message : String(error);
  if (UNTRUSTED.has(code)) return `${VERIFICATION}certificate signed by unknown authority`;
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${host}: no such host`;
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`;
    case 'ECONNRESET':
    case 'EPIPE':
      return 'EOF';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${VERIFICATION}certificate is valid for ${validNames(error)}, not ${host}`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `${VERIFICATION}certificate has expired or is not yet valid`;
    case 'EPROTO':
      return 'http: server gave HTTP response to HTTPS client';
    default:
      return message;
  }
}

function validNames(error: unknown): string {
  const { cert } = error as { cert?: { raw?: Uint8Array } };
  if (cert?.raw === undefined) return 'other names';
  const names = new X509Certificate(cert.raw).subjectAltName ?? '';
  return names.replace(/(DNS|IP Address):/g, '');
}

/** What Go's client says of an answer that is no success, when its body is no `Status`. */
export function describeStatusCode(code: number, text: string): string {
  switch (code) {
    case 400:
      return 'the server rejected our request for an unknown reason';
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 403:
      return 'the server does not allow access to the requested resource';
    case 404:
      return 'the server could not find the requested resource';
    case 405:
      return 'the server does not allow this method on the requested resource';
    case 409:
      return 'the server reported a conflict';
    case 415:
      return 'the server was unable to respond with a content type that the client supports';
    case 422:
      return 'the server rejected our request due to an error in our request';
    case 429:
      return 'the server has received too many requests and has asked us to try again later';
    case 503:
      return 'the server is currently unable to handle the request';
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request';
    default:
      return code >= 500
        ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
        : `the server responded with the status code ${code} but did not return more information`;
  }
}
