import { readdirSync } from 'node:fs';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';

/** How often the event loop's lag is sampled, in milliseconds. */
const lagResolutionMs = 10;

type LagHistogram = ReturnType<typeof monitorEventLoopDelay>;

/**
 * Adds the `process_*` and `nodejs_*` series that Prometheus users know, under the names that prom-client gives its own defaults.
 * Those are not used, because their observers cannot be taken down again.
 *
 * @returns what ends the observation; may be disposed repeatedly.
 */
export function observeProcess(registry: MetricsRegistry): Disposable {
  const registers = [registry];
  addProcessMetrics(registers);
  addHeapMetrics(registers);
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  addLagMetrics(registers, lag);
  const observer = observeCollections(registers);
  lag.enable();
  return {
    [Symbol.dispose]() {
      lag.disable();
      observer.disconnect();
    },
  };
}

function gauge(registers: MetricsRegistry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

function addProcessMetrics(registers: MetricsRegistry[]): void {
  const cpu = {
    user: new Counter({
      name: 'process_cpu_user_seconds_total',
      help: 'Processor time in user mode.',
      registers,
    }),
    system: new Counter({
      name: 'process_cpu_system_seconds_total',
      help: 'Processor time in the kernel.',
      registers,
    }),
  };
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system.',
    registers,
    collect() {
      const usage = process.cpuUsage();
      for (const [counter, seconds] of [
        [cpu.user, usage.user / 1e6],
        [cpu.system, usage.system / 1e6],
        [this, (usage.user + usage.system) / 1e6],
      ] as const) {
        counter.reset();
        counter.inc(seconds);
      }
    },
  });
  const startedAt = Date.now() / 1000 - process.uptime();
  gauge(
    registers,
    'process_start_time_seconds',
    'When the process started, in seconds since 1970.',
    () => startedAt,
  );
  gauge(registers, 'process_resident_memory_bytes', 'Memory of the process that is in RAM.', () =>
    process.memoryUsage.rss(),
  );
  if (process.platform === 'linux') {
    gauge(registers, 'process_open_fds', 'Open file descriptors.', () => {
      // One less: the descriptor that reads the folder.
      return Math.max(0, readdirSync('/proc/self/fd').length - 1);
    });
  }
  new Gauge({
    name: 'nodejs_version_info',
    help: 'The version of Node.js; always 1.',
    labelNames: ['version', 'major', 'minor', 'patch'] as const,
    registers,
    collect() {
      const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
      this.set({ version: process.version, major, minor, patch }, 1);
    },
  });
  new Gauge({
    name: 'nodejs_active_resources',
    help: 'What keeps the event loop alive, by type.',
    labelNames: ['type'] as const,
    registers,
    collect() {
      this.reset();
      for (const type of process.getActiveResourcesInfo()) this.inc({ type });
    },
  });
}

function addHeapMetrics(registers: MetricsRegistry[]): void {
  gauge(
    registers,
    'nodejs_heap_size_total_bytes',
    'Size of the heap.',
    () => process.memoryUsage().heapTotal,
  );
  gauge(
    registers,
    'nodejs_heap_size_used_bytes',
    'Used part of the heap.',
    () => process.memoryUsage().heapUsed,
  );
  gauge(
    registers,
    'nodejs_external_memory_bytes',
    'Memory outside the heap that objects hold.',
    () => process.memoryUsage().external,
  );
  new Gauge({
    name: 'nodejs_heap_space_size_used_bytes',
    help: 'Used part of each space of the heap.',
    labelNames: ['space'] as const,
    registers,
    collect() {
      for (const { space_name: name, space_used_size: used } of getHeapSpaceStatistics()) {
        this.set({ space: name.replace(/_space$/, '') }, used);
      }
    },
  });
}

function addLagMetrics(registers: MetricsRegistry[], lag: LagHistogram): void {
  const series: readonly (readonly [string, string, () => number])[] = [
    ['mean', 'Mean', () => lag.mean],
    ['max', 'Longest', () => lag.max],
    ['p50', 'Median', () => lag.percentile(50)],
    ['p99', '99th percentile of the', () => lag.percentile(99)],
  ];
  for (const [name, word, read] of series) {
    gauge(
      registers,
      `nodejs_eventloop_lag_${name}_seconds`,
      `${word} event loop lag since the last collection.`,
      () => {
        const nanoseconds = read();
        return Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0;
      },
    );
  }
  // Collected last, because it is registered last: starts the next span.
  gauge(registers, 'nodejs_eventloop_lag_seconds', 'Shortest event loop lag since then.', () => {
    const { min, count } = lag;
    lag.reset();
    return count === 0 ? 0 : min / 1e9;
  });
}

const collectionKinds: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

function observeCollections(registers: MetricsRegistry[]): PerformanceObserver {
  const durations = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Time of garbage collections, by kind.',
    labelNames: ['kind'] as const,
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
    registers,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      durations.observe({ kind: kindOf(entry) }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return observer;
}

function kindOf(entry: PerformanceEntry): string {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  const kind: unknown =
    typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
  return (typeof kind === 'number' ? collectionKinds.get(kind) : undefined) ?? 'unknown';
}
