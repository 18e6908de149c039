import { Counter } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';

/** What became of an Event: the label `outcome` of `kubewright_events_total`. */
export type EventOutcome =
  'created' | 'series' | 'spam' | 'queue-full' | 'refused' | 'gave-up' | 'invalid';

/** Makes the series `kubewright_events_total{outcome}`. */
export function eventMetrics(registry: MetricsRegistry): (outcome: EventOutcome) => void {
  const total = new Counter({
    name: 'kubewright_events_total',
    help: 'Events by what became of them: created, counted in a series, or dropped and why.',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  return (outcome) => {
    total.inc({ outcome });
  };
}
