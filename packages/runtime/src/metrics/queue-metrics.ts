import { Counter, Gauge, Histogram } from 'prom-client';
import { queueBuckets } from './histogram-buckets.ts';
import type { QueueGauges, QueueInstruments } from './instruments.ts';
import type { MetricsRegistry } from './registry.ts';

/**
 * Makes the `workqueue_*` series of a registry; each call of the result adds a queue. The labels `name` and `controller` both carry the
 * queue's name: dashboards of either habit find it.
 */
export function queueMetrics(
  registry: MetricsRegistry,
): (name: string, gauges: QueueGauges) => QueueInstruments {
  const registers = [registry];
  const labelNames = ['name', 'controller'] as const;
  // Every queue that was added; asked when the gauges are collected.
  const queues = new Map<string, QueueGauges>();

  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait in the queue, by priority.',
    labelNames: [...labelNames, 'priority'] as const,
    registers,
  });
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Keys that entered the queue.',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Keys that were put off, by a delay or by the rate limit.',
    labelNames,
    registers,
  });
  const waiting = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'Time from when a key entered the queue until it was handed out.',
    labelNames,
    buckets: [...queueBuckets],
    registers,
  });
  const working = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'Time that the work on a key took.',
    labelNames,
    buckets: [...queueBuckets],
    registers,
  });
  new Gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: 'Time spent so far on keys whose work has not ended, summed; grows without end when a worker is stuck.',
    labelNames,
    registers,
    collect() {
      for (const [name, gauges] of queues) {
        this.set({ name, controller: name }, gauges.unfinishedWorkSeconds());
      }
    },
  });
  new Gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'Age of the longest work that has not ended.',
    labelNames,
    registers,
    collect() {
      for (const [name, gauges] of queues) {
        this.set({ name, controller: name }, gauges.longestRunningSeconds());
      }
    },
  });

  return (name, gauges) => {
    queues.set(name, gauges);
    const labels = { name, controller: name };
    // controller-runtime writes a priority as its number: 0, and -100 for the initial list.
    const depths = {
      normal: depth.labels({ ...labels, priority: '0' }),
      low: depth.labels({ ...labels, priority: '-100' }),
    };
    const [added, retried] = [adds.labels(labels), retries.labels(labels)];
    const [waited, worked] = [waiting.labels(labels), working.labels(labels)];
    // A series that starts at 0 shows its first increase; one that appears with 1 does not.
    added.inc(0);
    retried.inc(0);
    return {
      depth: (value, priority) => {
        depths[priority].set(value);
      },
      added: () => {
        added.inc();
      },
      retried: () => {
        retried.inc();
      },
      waited: (seconds) => {
        waited.observe(seconds);
      },
      worked: (seconds) => {
        worked.observe(seconds);
      },
    };
  };
}
