import { controllerMetrics } from './controller-metrics.ts';
import { informerMetrics } from './informer-metrics.ts';
import type { Instruments } from './instruments.ts';
import { queueMetrics } from './queue-metrics.ts';
import type { MetricsRegistry } from './registry.ts';

/**
 * Instruments that write into a registry, with the names and labels of controller-runtime where it has them.
 *
 * Assumptions: called once for each registry.
 */
export function createInstruments(registry: MetricsRegistry): Instruments {
  return Object.freeze({
    queue: queueMetrics(registry),
    controller: controllerMetrics(registry),
    informer: informerMetrics(registry),
  });
}
