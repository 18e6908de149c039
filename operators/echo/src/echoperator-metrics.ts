import type { MetricsRegistry } from '@kubewright/runtime';
import { Counter } from 'prom-client';

/** What the operator counts besides the runtime. */
export interface EchoperatorMetrics {
  /** A Job or CronJob was made. */
  created(kind: string): void;
  /** Work for an object of this kind was given up. */
  gaveUp(kind: string): void;
}

/** Makes the series `echoperator_created_total{kind}` and `echoperator_given_up_total{kind}`. */
export function echoperatorMetrics(registry: MetricsRegistry): EchoperatorMetrics {
  const created = new Counter({
    name: 'echoperator_created_total',
    help: 'Jobs and CronJobs that were made.',
    labelNames: ['kind'] as const,
    registers: [registry],
  });
  const givenUp = new Counter({
    name: 'echoperator_given_up_total',
    help: 'Echos and ScheduledEchos for which work failed so often that it was given up.',
    labelNames: ['kind'] as const,
    registers: [registry],
  });
  for (const kind of ['Job', 'CronJob']) created.inc({ kind }, 0);
  for (const kind of ['Echo', 'ScheduledEcho']) givenUp.inc({ kind }, 0);
  return {
    created: (kind) => {
      created.inc({ kind });
    },
    gaveUp: (kind) => {
      givenUp.inc({ kind });
    },
  };
}
