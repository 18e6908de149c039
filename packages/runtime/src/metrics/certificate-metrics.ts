import { Counter } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';

/** What a source of certificates does: agree with other replicas on the one to use, tell API servers its authority. */
export type CertificateStep = 'share' | 'inject';

/** Counts what goes wrong with the certificates of webhooks. */
export interface CertificateMetrics {
  /** A step failed, and will be tried again. */
  failed(step: CertificateStep): void;
}

/** Makes the series `kubewright_webhook_certificate_failures_total{step}`. */
export function certificateMetrics(registry: MetricsRegistry): CertificateMetrics {
  const failures = new Counter({
    name: 'kubewright_webhook_certificate_failures_total',
    help: 'Failed attempts to share the certificate of the webhooks between replicas, and to inject its authority, by step.',
    labelNames: ['step'] as const,
    registers: [registry],
  });
  // An alert on an increase needs a series to increase from.
  for (const step of ['share', 'inject'] satisfies CertificateStep[]) failures.inc({ step }, 0);
  return {
    failed: (step) => {
      failures.inc({ step });
    },
  };
}
