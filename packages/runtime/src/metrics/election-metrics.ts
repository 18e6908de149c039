import { Gauge } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';

/** Makes the series `leader_election_master_status{name}`: 1 while this process leads, else 0. */
export function electionMetrics(registry: MetricsRegistry): (name: string, leads: boolean) => void {
  const status = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads, else 0; the label names the lease.',
    labelNames: ['name'] as const,
    registers: [registry],
  });
  return (name, leads) => {
    status.set({ name }, leads ? 1 : 0);
  };
}
