import type { Client } from '@kubewright/client';
import type { Clock } from '../../clock/clock.ts';
import type { EventInput, EventSubject } from '../../events/event-input.ts';
import type { Logger } from '../../logging/logger.ts';
import type { CertificateMetrics } from '../../metrics/certificate-metrics.ts';
import type { Instruments } from '../../metrics/instruments.ts';
import type { InjectionTargets } from './authority-injection.ts';
import type { KeyedCertificate } from './x509.ts';

/** What a source of certificates may work with; a manager gives it. */
export interface CertificateContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For the informers and the queue of a source. */
  readonly instruments: Instruments;
  readonly metrics: CertificateMetrics;
  /** What names the webhooks that are served, and has to know the authority of the certificate. */
  readonly targets: InjectionTargets;
  /** Records an Event about an object. Default: about the object that stands for this process; without one the log has it in any case. */
  readonly report: (event: EventInput, subject?: EventSubject) => void;
}

/** Where a webhook server has its certificate from. */
export interface CertificateSource {
  /**
   * The certificate to begin with. Waits for it as long as it takes.
   *
   * @throws `signal.reason` when the signal aborts first.
   */
  load(context: CertificateContext, signal: AbortSignal): Promise<KeyedCertificate>;
  /**
   * Looks after the certificate until the signal aborts, and hands over each new one. Failures are logged and tried again.
   *
   * @param use - Takes the certificate for new connections; open ones go on.
   */
  keep(
    context: CertificateContext,
    use: (certificate: KeyedCertificate) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Why API servers may refuse the certificate, or not know it, at this moment; undefined when all is well. */
  problem(): string | undefined;
}
