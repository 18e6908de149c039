import type { MetricsRegistry } from '@kubewright/runtime';
import { Counter } from 'prom-client';
import type { Action } from './status/crash-ledger.ts';

const actions: readonly Action[] = ['', 'LogEvent', 'RestartPod', 'RestartSkipped'];

/** Makes the series `pod_diagnoser_crashes_total{action}`; the result counts one crash. */
export function diagnoserMetrics(registry: MetricsRegistry): (action: Action) => void {
  const crashes = new Counter({
    name: 'pod_diagnoser_crashes_total',
    help: 'Crashes that were counted, by what was decided to do about them.',
    labelNames: ['action'] as const,
    registers: [registry],
  });
  for (const action of actions) crashes.inc({ action: labelOf(action) }, 0);
  return (action) => {
    crashes.inc({ action: labelOf(action) });
  };
}

function labelOf(action: Action): string {
  return action === '' ? 'none' : action;
}
