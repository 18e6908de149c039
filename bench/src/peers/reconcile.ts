import { performance } from 'node:perf_hooks';
import { Client } from '@kubewright/client';
import { createController, done, generationChanged, Manager } from '@kubewright/runtime';
import { cpuSeconds, peakMb, print, round, sinceExecMs } from './process-cost.ts';
import { Widget, writeStatus, type WriteWay } from './widget.ts';

/** Longest time for all, in milliseconds. */
const limitMs = 300_000;

/** Brings as many Widgets as `OBJECTS` says, whose generation was raised before, to ready: one write each. */
export async function reconcile(variant: string): Promise<void> {
  const startMs = performance.now();
  const [way, workers] = variant.split('-');
  const wanted = Number(process.env['OBJECTS']);
  const client = await Client.fromKubeConfig();
  const stop = new AbortController();
  const manager = new Manager({ client, metrics: { port: false }, health: { port: false } });
  const ready = new Set<string>();
  const all = Promise.withResolvers<undefined>();
  let reconciles = 0;
  let first: { readonly atMs: number; readonly cpuSeconds: number } | undefined;
  manager.add(
    createController(manager, {
      name: 'widgets',
      for: { resource: Widget, predicates: [generationChanged()] },
      concurrency: Number(workers),
      reconcile: async (request, { cache, client: writer, signal }) => {
        reconciles += 1;
        first ??= { atMs: performance.now(), cpuSeconds: cpuSeconds() };
        const widget = cache.get(Widget, request);
        if (widget === undefined) return done();
        if (widget.status?.observedGeneration === widget.metadata.generation) return done();
        await writeStatus(writer, widget, way as WriteWay, signal); // of the variants that are known
        ready.add(widget.metadata.uid);
        if (ready.size === wanted) all.resolve(undefined);
        return done();
      },
    }),
  );
  const running = manager.run({ signal: stop.signal });
  const limit = setTimeout(() => {
    all.reject(new Error(`${ready.size} of ${wanted} are ready after ${limitMs / 60_000} minutes`));
  }, limitMs);
  await Promise.race([all.promise, running]);
  clearTimeout(limit);
  const { atMs = NaN, cpuSeconds: firstCpu = NaN } = first ?? {};
  const workMs = performance.now() - atMs;
  print({
    peer: 'kubewright',
    task: 'reconcile',
    variant,
    size: wanted,
    reconciles,
    wall_ms: sinceExecMs(),
    start_ms: round(performance.now() - startMs),
    work_ms: round(workMs),
    per_s: round((wanted * 1000) / workMs),
    cpu_s: cpuSeconds(),
    cpu_us_each: round(((cpuSeconds() - firstCpu) * 1e6) / wanted),
    peak_rss_mb: peakMb(),
  });
  stop.abort(new Error('measured'));
  await running;
  await client.close();
}
