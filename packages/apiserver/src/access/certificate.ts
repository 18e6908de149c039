import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import {
  derBitString,
  derBoolean,
  derContext,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSet,
  derText,
  derTime,
  derUnsigned,
} from './der.ts';

/** Whom a certificate names. Kubernetes reads the user from `commonName` and the groups from `organizations`. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[] | undefined;
}

/** What goes into one certificate. Keys are P-256. */
export interface CertificateOptions {
  readonly subject: CertificateSubject;
  readonly issuer: CertificateSubject;
  readonly publicKey: KeyObject;
  /** The issuer's private key. */
  readonly signingKey: KeyObject;
  /** The issuer's public key. */
  readonly signerPublicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: 'authority' | 'server' | 'client';
  /** Host names and IP addresses a server answers for. */
  readonly hosts?: readonly string[] | undefined;
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

function distinguishedName({ commonName, organizations = [] }: CertificateSubject): Buffer {
  const attribute = (type: string, value: string) =>
    derSet(derSequence(derObjectIdentifier(type), derText(value)));
  return derSequence(
    ...organizations.map((organization) => attribute(OID.organization, organization)),
    attribute(OID.commonName, commonName),
  );
}

/** The 16 bytes of an IPv6 address that `net.isIP` has accepted, without a zone. */
function ipv6Bytes(address: string): Buffer {
  // The URL parser brings every spelling into one form: groups in hex, at most one `::`.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...before, ...zeros, ...after].forEach((group, index) =>
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2),
  );
  return bytes;
}

function alternativeName(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return derContext(7, 'primitive', Buffer.from(host.split('.').map(Number)));
    case 6:
      return derContext(7, 'primitive', ipv6Bytes(host));
    default:
      return derContext(2, 'primitive', Buffer.from(host, 'ascii'));
  }
}

function extension(type: string, critical: boolean, value: Uint8Array): Buffer {
  return derSequence(
    derObjectIdentifier(type),
    ...(critical ? [derBoolean(true)] : []),
    derOctetString(value),
  );
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

function extensions(options: CertificateOptions): Buffer[] {
  const isAuthority = options.use === 'authority';
  const hosts = options.hosts ?? [];
  return [
    // keyCertSign and cRLSign for an authority, digitalSignature for the others.
    extension(
      OID.keyUsage,
      true,
      isAuthority ? derBitString(Buffer.of(0x06), 1) : derBitString(Buffer.of(0x80), 7),
    ),
    extension(OID.basicConstraints, true, derSequence(...(isAuthority ? [derBoolean(true)] : []))),
    extension(OID.subjectKeyIdentifier, false, derOctetString(keyIdentifier(options.publicKey))),
    extension(
      OID.authorityKeyIdentifier,
      false,
      derSequence(derContext(0, 'primitive', keyIdentifier(options.signerPublicKey))),
    ),
    ...(isAuthority
      ? []
      : [
          extension(
            OID.extendedKeyUsage,
            false,
            derSequence(
              derObjectIdentifier(options.use === 'server' ? OID.serverAuth : OID.clientAuth),
            ),
          ),
        ]),
    ...(hosts.length === 0
      ? []
      : [extension(OID.subjectAltName, false, derSequence(...hosts.map(alternativeName)))]),
  ];
}

/**
 * Makes and signs an X.509 v3 certificate (RFC 5280), ECDSA with SHA-256.
 *
 * @returns PEM
 */
export function createCertificate(options: CertificateOptions): string {
  const algorithm = derSequence(derObjectIdentifier(OID.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Positive and never zero, whatever the random bytes.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const signed = derSequence(
    derContext(0, 'constructed', derUnsigned(Buffer.of(2))),
    derUnsigned(serial),
    algorithm,
    distinguishedName(options.issuer),
    derSequence(derTime(options.notBefore), derTime(options.notAfter)),
    distinguishedName(options.subject),
    options.publicKey.export({ type: 'spki', format: 'der' }),
    derContext(3, 'constructed', derSequence(...extensions(options))),
  );
  const signature = sign('sha256', signed, options.signingKey);
  return pemOf('CERTIFICATE', derSequence(signed, algorithm, derBitString(signature)));
}

function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
