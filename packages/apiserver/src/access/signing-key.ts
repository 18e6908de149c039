import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';

/** The two signature algorithms of service account tokens: P-256 and RSA keys. */
export type TokenAlgorithm = 'ES256' | 'RS256';

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function algorithmOf(key: KeyObject): TokenAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') {
    return 'ES256';
  }
  throw new TypeError('a key for service account tokens must be an RSA or a P-256 key');
}

/** What a token says, as far as it can be read without trusting it. */
export type TokenVerdict =
  | { readonly state: 'valid'; readonly claims: JsonObject }
  /** No JWT, or not one that this key could have signed. */
  | { readonly state: 'foreign'; readonly issuer: string | undefined }
  | { readonly state: 'forged'; readonly issuer: string | undefined };

/** The key that signs JSON Web Tokens (RFC 7519) and recognizes its own. */
export class SigningKey {
  readonly algorithm: TokenAlgorithm;
  /** Identifies the key in the header of a token: a hash of the public key. */
  readonly id: string;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  /**
   * @param pem private key; a fresh P-256 key when absent
   * @throws TypeError for a key of another type
   */
  constructor(pem?: string) {
    this.#privateKey =
      pem === undefined
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : createPrivateKey(pem);
    this.#publicKey = createPublicKey(this.#privateKey);
    this.algorithm = algorithmOf(this.#privateKey);
    this.id = createHash('sha256')
      .update(this.#publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url');
  }

  /** A compact JWT with these claims. */
  sign(claims: JsonObject): string {
    const signed = `${encode({ alg: this.algorithm, kid: this.id })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), {
      key: this.#privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Reads a token and checks its signature; times and names in the claims are for the caller to judge. */
  verify(token: string): TokenVerdict {
    const parts = token.split('.');
    const [header = '', payload = '', signature = ''] = parts;
    const claims = parts.length === 3 ? decode(payload) : undefined;
    const issuer = typeof claims?.['iss'] === 'string' ? claims['iss'] : undefined;
    // The algorithm is the key's: what the header asks for is only compared, never obeyed.
    if (claims === undefined || decode(header)?.['alg'] !== this.algorithm) {
      return { state: 'foreign', issuer };
    }
    const isGenuine = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: this.#publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    return isGenuine ? { state: 'valid', claims } : { state: 'forged', issuer };
  }

  /** The public key as a JSON Web Key (RFC 7517). */
  jsonWebKey(): JsonObject {
    const { kty, ...numbers } = this.#publicKey.export({ format: 'jwk' });
    return { use: 'sig', kty, kid: this.id, alg: this.algorithm, ...numbers };
  }
}
