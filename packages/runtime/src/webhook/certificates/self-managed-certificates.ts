import type { NamespacedName } from '@kubewright/apimachinery';
import type { Logger } from '../../logging/logger.ts';
import { injectAuthority } from './authority-injection.ts';
import {
  defaultLifetimes,
  type CertificateLifetimes,
  type CertificateMaterial,
} from './certificate-plan.ts';
import { agreeOnMaterial } from './certificate-secret.ts';
import type { CertificateContext, CertificateSource } from './certificate-source.ts';
import type { KeyedCertificate } from './x509.ts';

/** What an operator that makes its own certificates needs to know. */
export interface SelfManagedCertificatesOptions {
  /**
   * The Secret that replicas share, in the operator's namespace. It is created when it does not exist; where the chart
   * makes an empty one, the operator needs no permission to create Secrets.
   */
  readonly secret: Required<NamespacedName>;
  /** The Service that API servers reach the webhook by. */
  readonly service?: Required<NamespacedName> | undefined;
  /** Further DNS names and IP addresses that the webhook is reached by. Default: none. */
  readonly hosts?: readonly string[] | undefined;
  /** Time between two looks at the Secret and at what is injected, in milliseconds. Default 10,000. */
  readonly checkIntervalMs?: number | undefined;
  /** How long certificates are valid and when they are renewed. Default: see `CertificateLifetimes`. */
  readonly lifetimes?: Partial<CertificateLifetimes> | undefined;
}

/**
 * Certificates that the operator makes itself: an authority and a serving certificate, kept in a Secret, renewed in time,
 * with the authority written into whatever names the webhooks: the definitions of the resources that are converted, and
 * the configurations of the admission webhooks.
 *
 * Guarantees: all replicas serve the same certificate. A new one is served only after the authority that signed it was
 * injected, and earlier authorities stay injected while they are valid, so a rotation interrupts nobody. What someone
 * removes or overwrites (the Secret, the injected authority) is back after `checkIntervalMs`.
 *
 * Assumptions: `get` and `update` on the Secret, `create` on Secrets unless it exists, `get` and `patch` on each target by
 * name.
 *
 * @example
 * ```ts
 * const manager = new Manager({
 *   client,
 *   webhooks: {
 *     certificates: new SelfManagedCertificates({
 *       secret: { namespace: 'stores', name: 'store-operator-webhook' },
 *       service: { namespace: 'stores', name: 'store-operator' },
 *     }),
 *   },
 * });
 * ```
 */
export class SelfManagedCertificates implements CertificateSource {
  readonly #options: SelfManagedCertificatesOptions;
  readonly #hosts: readonly string[];
  readonly #checkIntervalMs: number;
  #current: CertificateMaterial | undefined;
  // Once all was in place, a later failure is no reason to take traffic away: the certificate in use is still good.
  #wasInPlace = false;
  // What failed last; undefined after a success.
  #problem: string | undefined;

  /** @throws TypeError when there is neither a service nor a host. */
  constructor(options: SelfManagedCertificatesOptions) {
    const { service, hosts = [] } = options;
    this.#options = options;
    this.#hosts = [
      ...(service === undefined
        ? []
        : [
            `${service.name}.${service.namespace}.svc`,
            `${service.name}.${service.namespace}.svc.cluster.local`,
          ]),
      ...hosts,
    ];
    if (this.#hosts.length === 0) {
      throw new TypeError('a webhook certificate needs a service or hosts that it is valid for');
    }
    this.#checkIntervalMs = options.checkIntervalMs ?? 10_000;
  }

  problem(): string | undefined {
    return this.#wasInPlace ? undefined : (this.#problem ?? 'the certificate is not there yet');
  }

  async load(context: CertificateContext, signal: AbortSignal): Promise<KeyedCertificate> {
    for (;;) {
      const material = await this.#agree(context, signal);
      if (material !== undefined) {
        // Whether or not that works: nobody knows of an earlier certificate, and the caller has to listen.
        await this.#inject(context, material, signal);
        this.#current = material;
        return material.serving;
      }
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
      const material = await this.#agree(context, signal);
      if (material === undefined) continue;
      const isInjected = await this.#inject(context, material, signal);
      // A certificate of an authority that nobody trusts yet would be worse than the one in use.
      if (!isInjected || isSame(material.serving, this.#current?.serving)) continue;
      this.#current = material;
      use(material.serving);
      context.logger.info('webhook certificate replaced');
    }
  }

  async #agree(
    { client, clock, logger }: CertificateContext,
    signal: AbortSignal,
  ): Promise<CertificateMaterial | undefined> {
    const { secret: ref, lifetimes } = this.#options;
    return this.#attempt('the webhook certificate cannot be shared', logger, signal, async () =>
      agreeOnMaterial(
        { client, ref, hosts: this.#hosts, lifetimes: { ...defaultLifetimes, ...lifetimes } },
        clock.now(),
        signal,
      ),
    );
  }

  async #inject(
    { client, logger, targets }: CertificateContext,
    { bundle }: CertificateMaterial,
    signal: AbortSignal,
  ): Promise<boolean> {
    const done = await this.#attempt(
      'the authority of the webhook cannot be injected',
      logger,
      signal,
      async () => {
        await injectAuthority(client, targets, bundle, signal);
        return true;
      },
    );
    if (done !== true) return false;
    this.#problem = undefined;
    this.#wasInPlace = true;
    return true;
  }

  /** What an attempt gives, or undefined when it failed; a failure is logged when it is another than before. */
  async #attempt<R>(
    message: string,
    logger: Logger,
    signal: AbortSignal,
    work: () => Promise<R>,
  ): Promise<R | undefined> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const problem = `${message}: ${error instanceof Error ? error.message : String(error)}`;
      if (problem !== this.#problem) logger.warn(message, { error });
      this.#problem = problem;
      return undefined;
    }
  }
}

function isSame(one: KeyedCertificate, other: KeyedCertificate | undefined): boolean {
  return one.certificate === other?.certificate && one.key === other.key;
}
