import { Counter, Gauge, Histogram } from 'prom-client';
import { reconcileBuckets } from './histogram-buckets.ts';
import type { ControllerInstruments, NoopVerb, ReconcileOutcome } from './instruments.ts';
import type { MetricsRegistry } from './registry.ts';

const outcomes: readonly ReconcileOutcome[] = ['success', 'error', 'requeue', 'requeue_after'];
const noopVerbs: readonly NoopVerb[] = ['update', 'patch', 'apply'];

/** Makes the `controller_runtime_*` series of a registry; each call of the result adds a controller. */
export function controllerMetrics(
  registry: MetricsRegistry,
): (name: string) => ControllerInstruments {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles that ended, by how they ended.',
    labelNames: [...labelNames, 'result'] as const,
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed.',
    labelNames,
    registers,
  });
  const terminalErrors = new Counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Reconciles that failed for good and are not retried.',
    labelNames,
    registers,
  });
  const timeouts = new Counter({
    name: 'controller_runtime_reconcile_timeouts_total',
    help: 'Reconciles that were aborted by their time limit.',
    labelNames,
    registers,
  });
  const noopWrites = new Counter({
    name: 'kubewright_noop_writes_total',
    help: 'Writes of reconciles that were not sent because they would have changed nothing.',
    labelNames: [...labelNames, 'verb'] as const,
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Time that a reconcile took.',
    labelNames,
    buckets: [...reconcileBuckets],
    registers,
  });
  const maxConcurrent = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Workers of the controller.',
    labelNames,
    registers,
  });
  const activeWorkers = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Workers of the controller that are busy.',
    labelNames,
    registers,
  });

  return (controller) => {
    const labels = { controller };
    const [failed, failedForGood, timedOut] = [errors, terminalErrors, timeouts].map((counter) =>
      counter.labels(labels),
    );
    const byOutcome = new Map(
      outcomes.map((result) => [result, total.labels({ controller, result })]),
    );
    const noops = new Map(noopVerbs.map((verb) => [verb, noopWrites.labels({ controller, verb })]));
    for (const counter of [
      failed,
      failedForGood,
      timedOut,
      ...byOutcome.values(),
      ...noops.values(),
    ]) {
      counter?.inc(0);
    }
    const observed = time.labels(labels);
    return {
      maxConcurrent: (workers) => {
        maxConcurrent.set(labels, workers);
        activeWorkers.set(labels, 0);
      },
      activeWorkers: (workers) => {
        activeWorkers.set(labels, workers);
      },
      reconciled: (outcome, seconds) => {
        byOutcome.get(outcome)?.inc();
        observed.observe(seconds);
      },
      failed: () => {
        failed?.inc();
      },
      failedForGood: () => {
        failedForGood?.inc();
      },
      timedOut: () => {
        timedOut?.inc();
      },
      noopWrite: (verb) => {
        noops.get(verb)?.inc();
      },
    };
  };
}
