import { Counter, Gauge, Histogram } from 'prom-client';
import { requestBuckets } from './histogram-buckets.ts';
import type { InformerGauges, InformerIdentity, InformerInstruments } from './instruments.ts';
import type { MetricsRegistry } from './registry.ts';

/** Makes the `kubewright_informer_*` series of a registry; each call of the result adds an informer. */
export function informerMetrics(
  registry: MetricsRegistry,
): (identity: InformerIdentity, gauges: InformerGauges) => InformerInstruments {
  const registers = [registry];
  const labelNames = ['resource', 'version', 'scope'] as const;
  // Every informer that was added; asked when the gauges are collected.
  const informers: {
    labels: Record<(typeof labelNames)[number], string>;
    gauges: InformerGauges;
  }[] = [];

  const gaugeOf = (
    name: string,
    help: string,
    read: (gauges: InformerGauges) => number | undefined,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const { labels, gauges } of informers) {
          const value = read(gauges);
          if (value !== undefined) this.set(labels, value);
        }
      },
    });
  };
  gaugeOf('kubewright_informer_objects', 'Objects in the cache.', (gauges) => gauges.objects());
  gaugeOf('kubewright_informer_synced', '1 when the initial list is complete, else 0.', (gauges) =>
    gauges.synced() ? 1 : 0,
  );
  gaugeOf(
    'kubewright_informer_seconds_since_heard',
    'Time since the API server was last heard, by an event, a bookmark or a list.',
    (gauges) => gauges.secondsSinceHeard(),
  );
  gaugeOf(
    'kubewright_informer_pending_writes',
    'Written objects whose change the watch has not delivered yet.',
    (gauges) => gauges.pendingWrites(),
  );
  new Gauge({
    name: 'kubewright_informer_failing',
    help: 'Namespaces (1 for all at once) whose last list or watch failed, by what failed and why; no series when none.',
    labelNames: [...labelNames, 'verb', 'kind'] as const,
    registers,
    collect() {
      // What has healed is no longer told.
      this.reset();
      for (const { labels, gauges } of informers) {
        for (const { verb, kind } of gauges.failures()) this.inc({ ...labels, verb, kind });
      }
    },
  });

  const counterOf = (name: string, help: string) =>
    new Counter({ name, help, labelNames, registers });
  const lists = counterOf('kubewright_informer_lists_total', 'Lists that were asked for.');
  const watches = counterOf('kubewright_informer_watches_total', 'Watches that were asked for.');
  const handlerFailures = counterOf(
    'kubewright_informer_handler_failures_total',
    'Event handlers and transforms that threw.',
  );
  const items = counterOf('kubewright_informer_listed_items_total', 'Objects read by lists.');
  const listTime = new Histogram({
    name: 'kubewright_informer_list_duration_seconds',
    help: 'Time from asking for a list until its last object was read.',
    labelNames,
    buckets: [...requestBuckets],
    registers,
  });
  const events = new Counter({
    name: 'kubewright_informer_events_total',
    help: 'Changes and bookmarks that arrived.',
    labelNames: [...labelNames, 'type'] as const,
    registers,
  });
  const failures = new Counter({
    name: 'kubewright_informer_failures_total',
    help: 'Lists and watches that ended with an error; the informer goes on.',
    labelNames: [...labelNames, 'verb', 'kind'] as const,
    registers,
  });

  return (identity, gauges) => {
    const labels = {
      resource: identity.resource,
      version: identity.version,
      scope: identity.scope,
    };
    informers.push({ labels, gauges });
    const byType = {
      ADDED: events.labels({ ...labels, type: 'ADDED' }),
      MODIFIED: events.labels({ ...labels, type: 'MODIFIED' }),
      DELETED: events.labels({ ...labels, type: 'DELETED' }),
      BOOKMARK: events.labels({ ...labels, type: 'BOOKMARK' }),
    };
    const handlerFailed = handlerFailures.labels(labels);
    handlerFailed.inc(0);
    return {
      listStarted: () => {
        lists.inc(labels);
      },
      listed: (count, seconds) => {
        items.inc(labels, count);
        listTime.observe(labels, seconds);
      },
      watchStarted: () => {
        watches.inc(labels);
      },
      event: (type) => {
        byType[type].inc();
      },
      failed: (verb, kind) => {
        failures.inc({ ...labels, verb, kind });
      },
      handlerFailed: () => {
        handlerFailed.inc();
      },
    };
  };
}
