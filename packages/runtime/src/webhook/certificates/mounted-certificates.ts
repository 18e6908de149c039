import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateContext, CertificateSource } from './certificate-source.ts';
import type { KeyedCertificate } from './x509.ts';

/** Where the files are. */
export interface MountedCertificatesOptions {
  /** Folder, usually a mounted Secret, such as `/tmp/k8s-webhook-server/serving-certs`. */
  readonly directory: string;
  /** Default `tls.crt`, as in Secrets of type `kubernetes.io/tls`. */
  readonly certificateFile?: string | undefined;
  /** Default `tls.key`. */
  readonly keyFile?: string | undefined;
  /** Time between two looks at the files, in milliseconds. Default 10,000, as in controller-runtime. */
  readonly checkIntervalMs?: number | undefined;
}

/**
 * Certificates from files that someone else keeps fresh, cert-manager for example; that someone injects the authority too.
 *
 * Guarantees: a changed pair is served within `checkIntervalMs`; a pair that does not belong together (the files are being
 * replaced) or cannot be read leaves the one before in use, and is logged. Files are read, not watched: a mounted Secret
 * is exchanged by a symbolic link, which file watches miss.
 */
export class MountedCertificates implements CertificateSource {
  readonly #certificatePath: string;
  readonly #keyPath: string;
  readonly #checkIntervalMs: number;
  #current: KeyedCertificate | undefined;
  #problem: string | undefined;

  constructor(options: MountedCertificatesOptions) {
    const { directory, certificateFile = 'tls.crt', keyFile = 'tls.key' } = options;
    this.#certificatePath = join(directory, certificateFile);
    this.#keyPath = join(directory, keyFile);
    this.#checkIntervalMs = options.checkIntervalMs ?? 10_000;
  }

  problem(): string | undefined {
    // A pair that cannot be read while another is in use is no reason to take traffic away.
    return this.#current === undefined ? this.#problem : undefined;
  }

  async load(context: CertificateContext, signal: AbortSignal): Promise<KeyedCertificate> {
    for (;;) {
      const read = await this.#check(context);
      if (read !== undefined) return read;
      await context.clock.after(this.#checkIntervalMs, signal);
    }
  }

  async keep(
    context: CertificateContext,
    use: (certificate: KeyedCertificate) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      await context.clock.after(this.#checkIntervalMs, signal);
      const fresh = await this.#check(context);
      if (fresh !== undefined) use(fresh);
    }
  }

  /** The pair in the files when it is another than before. */
  async #check({ logger }: CertificateContext): Promise<KeyedCertificate | undefined> {
    try {
      const certificate = await readFile(this.#certificatePath, 'utf8');
      const key = await readFile(this.#keyPath, 'utf8');
      if (certificate === this.#current?.certificate && key === this.#current.key) {
        this.#problem = undefined;
        return undefined;
      }
      const read = new X509Certificate(certificate);
      if (!read.checkPrivateKey(createPrivateKey(key))) {
        throw new Error(`${this.#keyPath} is not the key of ${this.#certificatePath}`);
      }
      this.#problem = undefined;
      this.#current = { certificate, key };
      logger.info('webhook certificate read', { validUntil: read.validToDate });
      return this.#current;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // Once for each new problem: this runs every few seconds.
      if (problem !== this.#problem) {
        logger.warn('the webhook certificate cannot be read', { error });
      }
      this.#problem = problem;
      return undefined;
    }
  }
}
