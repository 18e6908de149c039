import { isForbidden, type NamespacedName } from '@kubewright/apimachinery';
import { linkAbort } from '../../cancellation/linked-abort.ts';
import type { CertificateStep } from '../../metrics/certificate-metrics.ts';
import { ExponentialBackoff } from '../../queue/rate-limiter.ts';
import { WorkQueue } from '../../queue/work-queue.ts';
import { injectAuthority, type InjectionOutcome } from './authority-injection.ts';
import { announceAuthority } from './announce-authority.ts';
import { defaultLifetimes, isTrusted, type CertificateLifetimes } from './certificate-plan.ts';
import { agreeOnMaterial, type Agreement } from './certificate-secret.ts';
import type { CertificateContext, CertificateSource } from './certificate-source.ts';
import { watchCertificate } from './certificate-watch.ts';
import type { KeyedCertificate } from './x509.ts';

/** What an operator that makes its own certificates needs to know. */
export interface SelfManagedCertificatesOptions {
  /** The Secret that replicas share, in the operator's namespace. It is created when it does not exist. */
  readonly secret: Required<NamespacedName>;
  /** The Service that API servers reach the webhook by. */
  readonly service?: Required<NamespacedName> | undefined;
  /** Further DNS names and IP addresses that the webhook is reached by. Default: none. */
  readonly hosts?: readonly string[] | undefined;
  /**
   * Longest time between two looks at the Secret and at what is injected, in milliseconds; changes are watched, so that it is
   * the age of the certificates that is looked at. Default 600,000.
   */
  readonly resyncIntervalMs?: number | undefined;
  /** How long certificates are valid and when they are renewed. Default: see `CertificateLifetimes`. */
  readonly lifetimes?: Partial<CertificateLifetimes> | undefined;
}

/** How long to wait after a first failure, and at most, in milliseconds: a permission that is granted tells nobody. */
const [firstRetryMs, longestRetryMs] = [500, 60_000];

/** The one key of the queue. */
const look = 'certificate';

/**
 * Certificates that the operator makes itself: an authority and a serving certificate, kept in a Secret, renewed in time,
 * with the authority written into whatever names the webhooks: the definitions of the resources that are converted, and
 * the configurations of the admission webhooks.
 *
 * Guarantees: all replicas serve the same certificate. A new one is served only after the authority that signed it was
 * injected, and earlier authorities stay injected while they are valid, so a rotation interrupts nobody. What someone removes
 * or overwrites is back at once: the injected authority as it was; for a Secret that was deleted or emptied a new authority,
 * made by whichever replica sees it first, told by a log line and an Event, and taken up by the others. Connections that are
 * open go on.
 *
 * Assumptions: `get`, `list`, `watch`, `create` and `patch` on the Secret, `get`, `list`, `watch` and `patch` on each target, all by name.
 * What is missing is logged, counted (`kubewright_webhook_certificate_failures_total`), told by an Event, and tried again after
 * half a second, then one, up to sixty. Without `list` and `watch` changes are seen at the next resync only.
 *
 * Caveats: who deletes the Secret takes the trust from the authority that was in it, so that a replica that has not heard of the
 * new one yet is not believed for that moment. Where somebody else overwrites what is injected time and again, it is answered
 * ever more slowly, up to once in sixty seconds.
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
  readonly #resyncIntervalMs: number;
  readonly #backoff = new ExponentialBackoff<typeof look>({
    baseDelayMs: firstRetryMs,
    maxDelayMs: longestRetryMs,
  });
  // What is served.
  #current: Agreement | undefined;
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
    this.#resyncIntervalMs = options.resyncIntervalMs ?? 600_000;
  }

  problem(): string | undefined {
    return this.#wasInPlace ? undefined : (this.#problem ?? 'the certificate is not there yet');
  }

  async load(context: CertificateContext, signal: AbortSignal): Promise<KeyedCertificate> {
    for (;;) {
      const agreement = await this.#agree(context, signal);
      if (agreement !== undefined) {
        // Whether or not that works: nobody knows of an earlier certificate, and the caller has to listen.
        await this.#inject(context, agreement, signal);
        this.#current = agreement;
        return agreement.material.serving;
      }
      await this.#pause(context, signal);
    }
  }

  async keep(
    context: CertificateContext,
    use: (certificate: KeyedCertificate) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, instruments } = context;
    const queue = new WorkQueue<typeof look>({
      name: 'webhook-certificate',
      clock,
      instruments,
      rateLimiter: this.#backoff,
    });
    const onChange = (): void => {
      queue.add(look);
    };
    using watching = linkAbort(signal);
    const watched = watchCertificate(context, this.#options.secret, onChange, watching.signal);
    onChange();
    try {
      for (;;) {
        await queue.get(signal);
        const { isWell, hasWritten } = await this.#look(context, use, signal);
        // In a quarrel every write of ours is followed by another one, and would be answered without end.
        if (hasWritten) await this.#pause(context, signal);
        else if (isWell) queue.forget(look);
        if (isWell) queue.addAfter(look, this.#resyncIntervalMs);
        else queue.addRateLimited(look);
        queue.done(look);
      }
    } finally {
      queue.shutDown();
      watching.abort(new Error('the certificate is looked after no longer'));
      await watched;
    }
  }

  /** Sees that all is as it should be, and serves what the replicas have agreed on. */
  async #look(
    context: CertificateContext,
    use: (certificate: KeyedCertificate) => void,
    signal: AbortSignal,
  ): Promise<{ readonly isWell: boolean; readonly hasWritten: boolean }> {
    const agreement = await this.#agree(context, signal);
    if (agreement === undefined) return { isWell: false, hasWritten: false };
    const { reached, written, error } = await this.#inject(context, agreement, signal);
    const isWell = error === undefined;
    const hasWritten = written > 0 || agreement.wrote !== 'nothing';
    const { serving, bundle } = agreement.material;
    const before = this.#current?.material.serving;
    const isEarlierTrusted = before !== undefined && isTrusted(bundle, before);
    // A certificate of an authority that nobody trusts yet would be worse than the one in use; so would one that nobody trusts
    // any longer, where only some of the targets can be reached.
    if (!isWell && (reached === 0 || isEarlierTrusted)) return { isWell, hasWritten };
    this.#current = agreement;
    if (before === undefined || !isSame(serving, before)) {
      use(serving);
      context.logger.info('webhook certificate replaced', { isEarlierTrusted });
    }
    return { isWell, hasWritten };
  }

  async #agree(context: CertificateContext, signal: AbortSignal): Promise<Agreement | undefined> {
    const { client, clock } = context;
    const { secret: ref, lifetimes } = this.#options;
    const options = {
      client,
      ref,
      hosts: this.#hosts,
      lifetimes: { ...defaultLifetimes, ...lifetimes },
    };
    try {
      const agreement = await agreeOnMaterial(options, clock.now(), signal);
      if (agreement.wrote === 'authority') announceAuthority(context, agreement, this.#current);
      return agreement;
    } catch (error) {
      signal.throwIfAborted();
      this.#fail(context, 'share', error);
      return undefined;
    }
  }

  async #inject(
    context: CertificateContext,
    { material: { bundle } }: Agreement,
    signal: AbortSignal,
  ): Promise<InjectionOutcome> {
    const { client, targets, logger } = context;
    const outcome = await injectAuthority(client, targets, bundle, signal);
    signal.throwIfAborted();
    const { error } = outcome;
    if (error === undefined) {
      if (this.#problem !== undefined) logger.info('the webhook certificate is in order again');
      this.#problem = undefined;
      this.#wasInPlace = true;
    } else {
      this.#fail(context, 'inject', error);
    }
    return outcome;
  }

  /** Counts each failure; logs it when it is another than before, and tells a missing permission by an Event. */
  #fail(
    { logger, metrics, report }: CertificateContext,
    step: CertificateStep,
    error: unknown,
  ): void {
    metrics.failed(step);
    const message = failureMessages[step];
    const problem = `${message}: ${error instanceof Error ? error.message : String(error)}`;
    if (problem === this.#problem) return;
    this.#problem = problem;
    logger.warn(message, { error });
    const causes: unknown[] = error instanceof AggregateError ? error.errors : [error];
    if (!causes.some(isForbidden)) return;
    report({
      type: 'Warning',
      reason: 'MissingPermission',
      action: 'KeepCertificate',
      note: problem,
      idempotencyKey: problem,
    });
  }

  /** Waits, longer each time until something goes well. */
  async #pause({ clock }: CertificateContext, signal: AbortSignal): Promise<void> {
    const nowMs = clock.monotonicMs();
    await clock.after(this.#backoff.retryAt(look, nowMs) - nowMs, signal);
  }
}

const failureMessages: Readonly<Record<CertificateStep, string>> = {
  share: 'the webhook certificate cannot be shared',
  inject: 'the authority of the webhook cannot be injected',
};

function isSame(one: KeyedCertificate, other: KeyedCertificate): boolean {
  return one.certificate === other.certificate && one.key === other.key;
}
