import { once } from 'node:events';
import { Client } from '@kubewright/client';
import { annotationsChanged, createController, done, Manager } from '@kubewright/runtime';
import { cpuSeconds, peakMb, percentileMs, print, round } from './process-cost.ts';
import { stampOf, Widget, writeStatus, type WriteWay } from './widget.ts';

/** Answers each change of a stamp with a status write, until SIGTERM; tells how long after the stamp it began and ended. */
export async function latency(variant: string): Promise<void> {
  const client = await Client.fromKubeConfig();
  const stop = new AbortController();
  const manager = new Manager({ client, metrics: { port: false }, health: { port: false } });
  const seen = new Map<string, string | undefined>();
  const begun: number[] = [];
  const ended: number[] = [];
  const allSeen = Promise.withResolvers<undefined>();
  const widgets = manager.cache.informer(Widget);
  let isReady = false;
  manager.add(
    createController(manager, {
      name: 'widgets',
      for: { resource: Widget, predicates: [annotationsChanged()] },
      concurrency: 16,
      reconcile: async (request, { cache, client: writer, signal }) => {
        // The same clock in all processes of a machine.
        const now = process.hrtime.bigint();
        const widget = cache.get(Widget, request);
        if (widget === undefined) return done();
        const { uid } = widget.metadata;
        const stamp = stampOf(widget);
        const old = seen.get(uid);
        seen.set(uid, stamp);
        if (!isReady) {
          if (widgets.synced && seen.size === widgets.size) allSeen.resolve(undefined);
          return done();
        }
        if (stamp === undefined || stamp === old) return done();
        await writeStatus(writer, widget, variant as WriteWay, signal); // of the variants that are known
        begun.push(Number(now - BigInt(stamp)));
        ended.push(Number(process.hrtime.bigint() - BigInt(stamp)));
        return done();
      },
    }),
  );
  const running = manager.run({ signal: stop.signal });
  await Promise.race([allSeen.promise, running]);
  isReady = true;
  const objects = widgets.size;
  const cpu = cpuSeconds();
  const asked = once(process, 'SIGTERM');
  print({ ready: true, objects });
  await asked;
  print({
    peer: 'kubewright',
    task: 'latency',
    variant,
    size: objects,
    count: begun.length,
    cpu_s: round(cpuSeconds() - cpu),
    p50_ms: percentileMs(begun, 0.5),
    p99_ms: percentileMs(begun, 0.99),
    done_p50_ms: percentileMs(ended, 0.5),
    done_p99_ms: percentileMs(ended, 0.99),
    peak_rss_mb: peakMb(),
  });
  stop.abort(new Error('measured'));
  await running;
  await client.close();
}
