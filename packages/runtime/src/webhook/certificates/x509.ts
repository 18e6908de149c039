import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { isIP } from 'node:net';

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM of the private key. */
  readonly key: string;
}

/** From when until when; whole seconds count. */
export interface Validity {
  /** Valid from then on. */
  readonly notBefore: Date;
  /** Valid until then. */
  readonly notAfter: Date;
}

/** The name of the one authority that a webhook has. */
const authorityName = 'webhook-ca';

const newKeyPair = promisify(generateKeyPair);

/** Makes an authority of its own: a self-signed certificate with a fresh P-256 key. */
export async function createAuthority(validity: Validity): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = await newKeyPair('ec', { namedCurve: 'P-256' });
  return {
    certificate: signCertificate({
      subject: authorityName,
      publicKey,
      issuerKey: privateKey,
      validity,
      extensions: [
        extension(oid.basicConstraints, 'critical', sequence(boolean(true))),
        // keyCertSign and cRLSign.
        extension(oid.keyUsage, 'critical', element(tag.bitString, Buffer.of(1, 0x06))),
      ],
    }),
    key: pemOf(privateKey),
  };
}

/** Makes a certificate for a server that answers to these DNS names and IP addresses. */
export async function issueServerCertificate(
  authority: KeyedCertificate,
  hosts: readonly string[],
  validity: Validity,
): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = await newKeyPair('ec', { namedCurve: 'P-256' });
  return {
    certificate: signCertificate({
      subject: 'webhook',
      publicKey,
      issuerKey: createPrivateKey(authority.key),
      validity,
      extensions: [
        extension(oid.basicConstraints, 'critical', sequence()),
        // digitalSignature.
        extension(oid.keyUsage, 'critical', element(tag.bitString, Buffer.of(7, 0x80))),
        extension(oid.extendedKeyUsage, 'optional', sequence(objectIdentifier(oid.serverAuth))),
        extension(oid.subjectAltName, 'optional', sequence(...hosts.map(alternativeName))),
      ],
    }),
    key: pemOf(privateKey),
  };
}

/**
 * Makes a certificate for a client that proves by it who it is.
 *
 * @param name - Its common name, such as that of a user; up to 64 characters.
 */
export async function issueClientCertificate(
  authority: KeyedCertificate,
  name: string,
  validity: Validity,
): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = await newKeyPair('ec', { namedCurve: 'P-256' });
  return {
    certificate: signCertificate({
      subject: name,
      publicKey,
      issuerKey: createPrivateKey(authority.key),
      validity,
      extensions: [
        extension(oid.basicConstraints, 'critical', sequence()),
        // digitalSignature.
        extension(oid.keyUsage, 'critical', element(tag.bitString, Buffer.of(7, 0x80))),
        extension(oid.extendedKeyUsage, 'optional', sequence(objectIdentifier(oid.clientAuth))),
      ],
    }),
    key: pemOf(privateKey),
  };
}

/**
 * An X.509 v3 certificate (RFC 5280) in PEM, signed with ECDSA and SHA-256. Written here, in the few types of DER that it
 * takes, because the libraries for it bring a dozen packages or a polyfill into every operator; it is read by Node alone.
 */
function signCertificate(options: {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuerKey: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}): string {
  const { subject, publicKey, issuerKey, validity, extensions } = options;
  const algorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Positive and never zero, whatever the random bytes.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(
    element(tag.context0, element(tag.integer, Buffer.of(2))),
    element(tag.integer, serial),
    algorithm,
    commonName(authorityName),
    sequence(time(validity.notBefore), time(validity.notAfter)),
    commonName(subject),
    spki,
    element(
      tag.context3,
      sequence(
        ...extensions,
        extension(
          oid.subjectKeyIdentifier,
          'optional',
          element(tag.octetString, keyIdentifier(publicKey)),
        ),
        extension(
          oid.authorityKeyIdentifier,
          'optional',
          sequence(element(tag.keyIdentifier, keyIdentifier(createPublicKey(issuerKey)))),
        ),
      ),
    ),
  );
  const signature = sign('sha256', body, issuerKey);
  const certificate = sequence(
    body,
    algorithm,
    element(tag.bitString, Buffer.of(0), signature),
  ).toString('base64');
  const lines = certificate.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  keyIdentifier: 0x80,
  dnsName: 0x82,
  ipAddress: 0x87,
  context0: 0xa0,
  context3: 0xa3,
} as const;

function element(tagByte: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  // The long form: first how many bytes the length takes. Certificates stay below 64 KiB.
  const header =
    length < 0x80
      ? [tagByte, length]
      : length < 0x100
        ? [tagByte, 0x81, length]
        : [tagByte, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(tag.sequence, ...elements);
}

function boolean(value: boolean): Buffer {
  return element(tag.boolean, Buffer.of(value ? 0xff : 0));
}

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return element(tag.objectIdentifier, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
function time(value: Date): Buffer {
  const digits = `${value.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return value.getUTCFullYear() < 2050
    ? element(tag.utcTime, Buffer.from(digits.slice(2)))
    : element(tag.generalizedTime, Buffer.from(digits));
}

function commonName(name: string): Buffer {
  const attribute = sequence(
    objectIdentifier(oid.commonName),
    element(tag.utf8String, Buffer.from(name)),
  );
  return sequence(element(tag.set, attribute));
}

function extension(type: string, weight: 'critical' | 'optional', value: Uint8Array): Buffer {
  return sequence(
    objectIdentifier(type),
    ...(weight === 'critical' ? [boolean(true)] : []),
    element(tag.octetString, value),
  );
}

function alternativeName(host: string): Buffer {
  switch (isIP(host)) {
    case 0:
      return element(tag.dnsName, Buffer.from(host, 'ascii'));
    case 4:
      return element(tag.ipAddress, Buffer.from(host.split('.').map(Number)));
    default:
      return element(tag.ipAddress, ipv6Bytes(host));
  }
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser brings every spelling into one: groups in hex, at most one `::`.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = canonical.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  const all = [...groups(head), ...zeros, ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
