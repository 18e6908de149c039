import { Counter, Gauge, Histogram } from 'prom-client';
import { requestBuckets } from './histogram-buckets.ts';
import type { MetricsRegistry } from './registry.ts';

/** Counts the requests to webhooks. */
export interface WebhookMetrics {
  /** Notes the begin of a request; disposing notes its end. */
  begin(path: string): Disposable & { readonly answered: (status: number) => void };
}

/** Makes the `controller_runtime_webhook_*` series of a registry, as controller-runtime names them. */
export function webhookMetrics(registry: MetricsRegistry): WebhookMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'controller_runtime_webhook_requests_total',
    help: 'Requests to webhooks, by path and status code.',
    labelNames: ['webhook', 'code'] as const,
    registers,
  });
  const latency = new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Time from the headers of a request to a webhook until its answer.',
    labelNames: ['webhook'] as const,
    buckets: [...requestBuckets],
    registers,
  });
  const inFlight = new Gauge({
    name: 'controller_runtime_webhook_requests_in_flight',
    help: 'Requests to webhooks that have not been answered yet.',
    labelNames: ['webhook'] as const,
    registers,
  });
  return {
    begin(webhook) {
      inFlight.inc({ webhook });
      const stop = latency.startTimer({ webhook });
      return {
        answered: (status) => {
          requests.inc({ webhook, code: String(status) });
        },
        [Symbol.dispose]: () => {
          stop();
          inFlight.dec({ webhook });
        },
      };
    },
  };
}
