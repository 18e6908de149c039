import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { createCertificate, type CertificateSubject } from './certificate.ts';

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM of the private key. */
  readonly key: string;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const newKeyPair = promisify(generateKeyPair);
const DAY_MS = 24 * 60 * 60 * 1000;
/** Certificates are valid from a little before now, so that clocks may differ. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;
const AUTHORITY_VALIDITY_MS = 3650 * DAY_MS;

async function createKeyPair(): Promise<KeyPair> {
  return newKeyPair('ec', { namedCurve: 'P-256' });
}

function exportKey(key: KeyObject): string {
  // PEM exports are strings.
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/**
 * The authority that signs the server's own certificate and those of its users. Its key never leaves memory.
 * Validity counts in real time, also when the server's clock is a fake one: the peers' TLS knows no other.
 */
export class CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly #keys: KeyPair;
  readonly #subject: CertificateSubject;

  private constructor(subject: CertificateSubject, keys: KeyPair) {
    this.#subject = subject;
    this.#keys = keys;
    this.certificate = createCertificate({
      subject,
      issuer: subject,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      signerPublicKey: keys.publicKey,
      notBefore: new Date(Date.now() - CLOCK_SKEW_MS),
      notAfter: new Date(Date.now() + AUTHORITY_VALIDITY_MS),
      use: 'authority',
    });
  }

  /** Makes an authority with a fresh P-256 key. */
  static async create(commonName: string): Promise<CertificateAuthority> {
    return new CertificateAuthority({ commonName }, await createKeyPair());
  }

  /** A serving certificate for the host names and IP addresses given, valid as long as the authority itself. */
  async issueServer(hosts: readonly string[]): Promise<KeyedCertificate> {
    return this.#issue({
      subject: { commonName: hosts[0] ?? 'server' },
      use: 'server',
      validityMs: AUTHORITY_VALIDITY_MS,
      hosts,
    });
  }

  /**
   * A client certificate: the user as common name, the groups as organizations.
   *
   * @throws TypeError for an empty user or a validity that is not positive
   */
  async issueClient(options: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly validityMs: number;
  }): Promise<KeyedCertificate> {
    if (options.user === '') throw new TypeError('a client certificate needs a user');
    if (!(options.validityMs > 0)) {
      throw new TypeError(`a client certificate cannot be valid for ${options.validityMs} ms`);
    }
    return this.#issue({
      subject: { commonName: options.user, organizations: options.groups },
      use: 'client',
      validityMs: options.validityMs,
    });
  }

  async #issue(options: {
    readonly subject: CertificateSubject;
    readonly use: 'server' | 'client';
    readonly validityMs: number;
    readonly hosts?: readonly string[];
  }): Promise<KeyedCertificate> {
    const keys = await createKeyPair();
    const certificate = createCertificate({
      subject: options.subject,
      issuer: this.#subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signerPublicKey: this.#keys.publicKey,
      notBefore: new Date(Date.now() - CLOCK_SKEW_MS),
      // Never beyond the authority, and never beyond what the format can say.
      notAfter: new Date(Date.now() + Math.min(options.validityMs, AUTHORITY_VALIDITY_MS)),
      use: options.use,
      hosts: options.hosts,
    });
    return { certificate, key: exportKey(keys.privateKey) };
  }
}
