import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import {
  BIT_STRING,
  DerError,
  derValues,
  identifierText,
  OBJECT_IDENTIFIER,
  SEQUENCE,
  type DerValue,
} from './der-reader.ts';
import { pemBlocks } from './pem-block.ts';

/** Algorithms of signatures by their identifiers: the digest, or none where the key knows. */
const DIGESTS: Readonly<Record<string, string | undefined>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': undefined,
};

/** What the real server says of a signature that is not by the key of the request, by type of the key. */
const FAILURES: Readonly<Record<string, string>> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};

/** A request of RFC 2986, taken apart. */
interface SignedRequest {
  readonly signed: Buffer;
  readonly key: KeyObject;
  readonly algorithm: string;
  readonly signature: Buffer;
}

function nth(values: readonly DerValue[], index: number, tag: number): DerValue {
  const value = values[index];
  if (value?.tag !== tag) throw new DerError('another structure');
  return value;
}

/** @throws DerError, and what the crypto library throws for a key that is none */
function takeApart(der: Buffer): SignedRequest {
  const request = derValues(der);
  if (request.length !== 1) throw new DerError('trailing data');
  const parts = derValues(nth(request, 0, SEQUENCE).content);
  const info = nth(parts, 0, SEQUENCE);
  const algorithm = derValues(nth(parts, 1, SEQUENCE).content);
  // Version, subject, key, attributes.
  const key = nth(derValues(info.content), 2, SEQUENCE);
  return {
    signed: info.whole,
    key: createPublicKey({ key: key.whole, format: 'der', type: 'spki' }),
    algorithm: identifierText(nth(algorithm, 0, OBJECT_IDENTIFIER).content),
    // The first byte counts the unused bits of the last one: none.
    signature: nth(parts, 2, BIT_STRING).content.subarray(1),
  };
}

function signatureProblem({
  signed,
  key,
  algorithm,
  signature,
}: SignedRequest): string | undefined {
  if (!Object.hasOwn(DIGESTS, algorithm)) {
    return 'x509: cannot verify signature: algorithm unimplemented';
  }
  if (verify(DIGESTS[algorithm], signed, key, signature)) return undefined;
  return FAILURES[key.asymmetricKeyType ?? ''] ?? 'x509: verification failure';
}

/**
 * What is wrong with a PKCS #10 request for a certificate; undefined when nothing is.
 *
 * @param pem the request as PEM, signed by the key that it is for
 */
export function certificationRequestProblem(pem: string): string | undefined {
  const block = pemBlocks(pem)[0];
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  let request: SignedRequest;
  try {
    request = takeApart(block.bytes);
  } catch (error) {
    // Bytes of a client: whatever the readers say of them, they are no request.
    const reason = error instanceof Error ? error.message : String(error);
    return `asn1: structure error: ${reason}`;
  }
  return signatureProblem(request);
}
