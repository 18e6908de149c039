import { Pod } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { createController, done, Manager } from '@kubewright/runtime';
import { measure, sizeArgument } from './measurement.ts';

/** Seen once, then annotated once: from the first event to the last answer. */
const size = sizeArgument();
const stamp = `kubewright-${process.pid}`;
const client = await Client.fromKubeConfig();
const stop = new AbortController();
const manager = new Manager({ client, metrics: { port: false }, health: { port: false } });
const stamped = new Set<string>();
const finished = Promise.withResolvers<undefined>();
manager.add(
  createController(manager, {
    name: 'stamper',
    for: Pod,
    concurrency: 16,
    reconcile: async (request, { cache, client: writer, signal }) => {
      const pod = cache.get(Pod, request);
      if (pod === undefined) return done();
      if (pod.metadata.annotations?.['bench/stamp'] !== stamp) {
        const body = { metadata: { annotations: { 'bench/stamp': stamp } } };
        await writer.patch(Pod, request, { type: 'merge', body }, { signal });
      }
      stamped.add(pod.metadata.uid);
      if (stamped.size === size) finished.resolve(undefined);
      return done();
    },
  }),
);
let running: Promise<void> = Promise.resolve();
await measure('kubewright', 'reconcile', size, async () => {
  running = manager.run({ signal: stop.signal });
  await Promise.race([finished.promise, running]);
});
stop.abort(new Error('measured'));
await running;
await client.close();
