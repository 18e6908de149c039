import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  createAuthority,
  issueServerCertificate,
  type KeyedCertificate,
  type Validity,
} from './x509.ts';

/** What replicas share: an authority, and the serving certificate it has signed. All PEM. */
export interface CertificateMaterial {
  /** What API servers shall trust: the authority that signs now, then earlier ones that have not expired. */
  readonly bundle: string;
  /** PEM of the authority's private key. */
  readonly authorityKey: string;
  /** What the server shows to those who connect. */
  readonly serving: KeyedCertificate;
}

/** How long certificates last. */
export interface CertificateLifetimes {
  /** Of the authority, in milliseconds. Default ten years. */
  readonly authorityMs: number;
  /** Of the serving certificate, in milliseconds. Default a year. */
  readonly servingMs: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** As long as those of cert-controller; renewed well before. */
export const defaultLifetimes: CertificateLifetimes = {
  authorityMs: 3650 * dayMs,
  servingMs: 365 * dayMs,
};

/** Certificates are valid from a little before now, so that clocks may differ, in milliseconds. */
const clockSkewMs = 5 * 60 * 1000;

/**
 * What shall be in use from now on: the same object when the material given is good for a while yet, else a new one.
 *
 * An authority is replaced after four fifths of its life, a serving certificate after two thirds, or when it does not belong
 * to its key, to an authority of the bundle or to the hosts. Earlier authorities stay in the bundle until they expire,
 * because serving certificates they have signed are still in use; a new authority signs the next one.
 */
export async function renewMaterial(
  current: Partial<CertificateMaterial> | undefined,
  hosts: readonly string[],
  nowMs: number,
  lifetimes: CertificateLifetimes,
): Promise<CertificateMaterial> {
  const trusted = certificatesIn(current?.bundle).filter(
    (each) => each.ca && each.validToDate.getTime() > nowMs,
  );
  const kept = usableAuthority(trusted[0], current?.authorityKey, nowMs);
  const authority =
    kept ?? (await createAuthority(validityFrom(nowMs, nowMs + lifetimes.authorityMs)));
  const bundle = [
    ...(kept === undefined ? [authority.certificate] : []),
    ...trusted.map((each) => each.toString()),
  ].join('');
  const serving =
    usableServing(current?.serving, hosts, trusted, nowMs) ??
    (await issueServerCertificate(
      authority,
      hosts,
      validityFrom(nowMs, Math.min(nowMs + lifetimes.servingMs, expiryOf(authority))),
    ));
  const renewed = { bundle, authorityKey: authority.key, serving };
  return isSame(current, renewed) ? current : renewed;
}

/** Whether those who trust a bundle believe this certificate. */
export function isTrusted(bundle: string, { certificate }: KeyedCertificate): boolean {
  const [serving] = certificatesIn(certificate);
  return (
    serving !== undefined &&
    certificatesIn(bundle).some((authority) => serving.verify(authority.publicKey))
  );
}

function isSame(
  current: Partial<CertificateMaterial> | undefined,
  renewed: CertificateMaterial,
): current is CertificateMaterial {
  return (
    current?.bundle === renewed.bundle &&
    current.authorityKey === renewed.authorityKey &&
    current.serving === renewed.serving
  );
}

function usableAuthority(
  certificate: X509Certificate | undefined,
  key: string | undefined,
  nowMs: number,
): KeyedCertificate | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  return belongsTo(certificate, key) && isFresh(certificate, 4 / 5, nowMs)
    ? { certificate: certificate.toString(), key }
    : undefined;
}

function usableServing(
  serving: KeyedCertificate | undefined,
  hosts: readonly string[],
  trusted: readonly X509Certificate[],
  nowMs: number,
): KeyedCertificate | undefined {
  const [certificate] = certificatesIn(serving?.certificate);
  if (serving === undefined || certificate === undefined) return undefined;
  const isUsable =
    belongsTo(certificate, serving.key) &&
    isFresh(certificate, 2 / 3, nowMs) &&
    hosts.every((host) => names(certificate, host)) &&
    trusted.some((authority) => certificate.verify(authority.publicKey));
  return isUsable ? serving : undefined;
}

function names(certificate: X509Certificate, host: string): boolean {
  // Each of the two throws for what the other one takes.
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
}

/**
 * Whether less than this share of a certificate's life has passed. One that begins later is fresh too: the clock of the
 * replica that made it is ahead, and to make another would only begin a quarrel.
 */
function isFresh(certificate: X509Certificate, share: number, nowMs: number): boolean {
  const from = certificate.validFromDate.getTime();
  const until = certificate.validToDate.getTime();
  return nowMs < from + (until - from) * share;
}

function belongsTo(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** The certificates in a PEM text; none when it cannot be read: what cannot be read is made anew. */
function certificatesIn(pem = ''): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

function expiryOf({ certificate }: KeyedCertificate): number {
  return new X509Certificate(certificate).validToDate.getTime();
}

function validityFrom(nowMs: number, untilMs: number): Validity {
  return { notBefore: new Date(nowMs - clockSkewMs), notAfter: new Date(untilMs) };
}
