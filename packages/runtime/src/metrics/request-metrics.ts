import type { RequestSample } from '@kubewright/client';
import { Counter, Histogram } from 'prom-client';
import { requestBuckets } from './histogram-buckets.ts';
import type { MetricsRegistry } from './registry.ts';

/**
 * Makes the `rest_client_*` series of a registry; the result counts one request.
 *
 * @example
 * ```ts
 * const client = new Client({ transport, onRequest: requestMetrics(registry) });
 * ```
 */
export function requestMetrics(registry: MetricsRegistry): (sample: RequestSample) => void {
  const registers = [registry];
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server, by status code, method and host.',
    labelNames: ['code', 'method', 'host'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time from sending a request until the headers of its answer.',
    labelNames: ['verb', 'host'] as const,
    buckets: [...requestBuckets],
    registers,
  });
  return ({ method, code, host, durationMs }) => {
    requests.inc({ code, method, host });
    durations.observe({ verb: method, host }, durationMs / 1000);
  };
}
