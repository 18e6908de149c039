import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../contracts.ts';

function textsOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** A client certificate and the time from which it counts no more, in milliseconds since the epoch. */
export interface PresentedCertificate {
  readonly certificate: ClientCertificate;
  readonly expiresAtMs: number;
}

/** What TLS knows of the certificate that the peer presented; undefined when it presented none. */
export function readClientCertificate(socket: TLSSocket): PresentedCertificate | undefined {
  const peer = socket.getPeerCertificate();
  // Node answers an empty object when there is none, and its types do not say so.
  const subject = peer.subject as
    Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  if (subject === undefined) return undefined;
  const expiresAtMs = Date.parse(peer.valid_to);
  if (!socket.authorized) {
    // A code, whatever the type says.
    return {
      certificate: { verified: false, problem: String(socket.authorizationError) },
      expiresAtMs,
    };
  }
  return {
    certificate: {
      verified: true,
      commonName: textsOf(subject['CN']).at(-1) ?? '',
      organizations: textsOf(subject['O']),
      fingerprint: peer.fingerprint256.replaceAll(':', '').toLowerCase(),
    },
    expiresAtMs,
  };
}

/** The certificate as it counts at a given time: a connection may outlive the certificate it was opened with. */
export function certificateAt(presented: PresentedCertificate, nowMs: number): ClientCertificate {
  return presented.certificate.verified && nowMs > presented.expiresAtMs
    ? { verified: false, problem: 'CERT_HAS_EXPIRED' }
    : presented.certificate;
}
