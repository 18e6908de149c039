import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Pod, type Stored } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { Cache } from '@kubewright/runtime';
import {
  cpuSeconds,
  liveHeapMb,
  peakMb,
  print,
  residentMb,
  round,
  sinceExecMs,
} from './process-cost.ts';
import { Widget } from './widget.ts';

function pick<T extends object, K extends keyof T>(object: T, names: readonly K[]): Pick<T, K> {
  const kept = names.filter((name) => object[name] !== undefined);
  return Object.fromEntries(kept.map((name) => [name, object[name]])) as Pick<T, K>; // what is undefined is optional
}

const keptMeta = [
  'name',
  'namespace',
  'uid',
  'labels',
  'ownerReferences',
  'resourceVersion',
  'creationTimestamp',
] as const;

/** What most operators need of a pod: who it is, whose, where, and how it does. */
function projected({ metadata, spec, ...rest }: Stored<Pod>): Stored<Pod> {
  return {
    ...pick(rest, ['apiVersion', 'kind', 'status']),
    metadata: pick(metadata, keptMeta),
    spec: { containers: [], ...pick(spec ?? { containers: [] }, ['nodeName']) },
  };
}

/** Fills one cache, tells what that took, and after a while what it holds. */
export async function sync(variant: string): Promise<void> {
  const startMs = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  await using client = await Client.fromKubeConfig();
  const stop = new AbortController();
  const cache = new Cache({ client });
  const informer =
    variant === 'widgets'
      ? cache.informer(Widget)
      : cache.informer(Pod, variant === 'pods-project' ? { transform: projected } : {});
  const running = cache.start(stop.signal);
  await informer.whenSynced();
  const line = {
    peer: 'kubewright',
    task: 'sync',
    variant,
    size: informer.size,
    wall_ms: sinceExecMs(),
    start_ms: round(performance.now() - startMs),
    cpu_s: cpuSeconds(),
    peak_rss_mb: peakMb(),
  };
  print({ synced: true });
  const settleSeconds = Number(process.env['SETTLE_SECONDS'] ?? 10);
  await setTimeout(settleSeconds * 1000 + 10);
  delay.disable();
  const settled =
    settleSeconds > 0
      ? {
          settled_rss_mb: residentMb(),
          settled_cpu_s: cpuSeconds(),
          live_heap_mb: liveHeapMb(),
          trimmed_rss_mb: residentMb(),
        }
      : {};
  print({ ...line, stall_ms: round(delay.max / 1e6), ...settled, kept: informer.size });
  stop.abort(new Error('measured'));
  await running;
}
