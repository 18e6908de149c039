import type { MetricsRegistry } from '@kubewright/runtime';
import { Counter } from 'prom-client';

/** Makes the series `foo_happiness_changes_total{happy}`; the result counts one change. */
export function fooMetrics(registry: MetricsRegistry): (happy: boolean) => void {
  const changes = new Counter({
    name: 'foo_happiness_changes_total',
    help: 'Changes of status.happy that were written, by what it became.',
    labelNames: ['happy'] as const,
    registers: [registry],
  });
  for (const happy of ['true', 'false']) changes.inc({ happy }, 0);
  return (happy) => {
    changes.inc({ happy: String(happy) });
  };
}
