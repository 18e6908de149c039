import {
  CustomResourceDefinition,
  isConditionTrue,
  Namespace,
  Pod,
  ServiceAccount,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { createFooController, Foo } from '@kubewright/foo';
import { Manager } from '@kubewright/runtime';
import { sizeArgument } from '../subjects/measurement.ts';
import type { Cost } from './cost.ts';

/**
 * So many Foos, each of another friend, and a pod that one of them looks for comes and goes again and again: prints what
 * an event of that pod costs the operator, from the request that makes it until the status is right.
 */
const size = sizeArgument();
const rounds = 300;
const creators = 32;
const namespace = 'bench';
const pod = { namespace, name: 'friend-0' };

await using client = await Client.fromKubeConfig();
await serveFoos();
await client.apply(Namespace, { metadata: { name: namespace } });
// A server without controllers makes none, and admits no pod without one.
await client.apply(ServiceAccount, { metadata: { name: 'default', namespace } });
await makeFoos();

const manager = new Manager({
  client,
  namespaces: [namespace],
  metrics: { port: false },
  health: { port: false },
});
manager.add(createFooController(manager, { concurrency: 16 }));
const settled = new Set<string>();
let isHappy: boolean | undefined;
let wake = Promise.withResolvers<undefined>();
manager.cache.informer(Foo.resource).addEventHandler({
  updated: (_old, { metadata, status }) => {
    if (status?.happy !== undefined) settled.add(metadata.name);
    if (metadata.name === 'foo-0') isHappy = status?.happy;
    wake.resolve(undefined);
  },
});
const stop = new AbortController();
const running = manager.run({ signal: stop.signal });
await untilSeen(() => settled.size === size);

const cpu = process.cpuUsage();
const startMs = performance.now();
for (let round = 0; round < rounds; round++) {
  await client.create(Pod, {
    metadata: pod,
    spec: { schedulerName: 'nobody', containers: [{ name: 'app', image: 'app' }] },
  });
  await untilSeen(() => isHappy === true);
  await client.delete(Pod, pod, { gracePeriodSeconds: 0 });
  await untilSeen(() => isHappy === false);
}
const { user, system } = process.cpuUsage(cpu);
const events = 2 * rounds;
const cost: Cost = {
  foos: size,
  cpuUs: (user + system) / events,
  durationUs: ((performance.now() - startMs) * 1000) / events,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
stop.abort(new Error('measured'));
await running;

async function serveFoos(): Promise<void> {
  const { metadata } = await client.create(CustomResourceDefinition, Foo.manifest());
  const established = client.watch(CustomResourceDefinition, {
    fieldSelector: `metadata.name=${metadata.name}`,
  });
  for await (const event of established) {
    if (event.type === 'BOOKMARK') continue;
    if (isConditionTrue(event.object.status?.conditions, 'Established')) return;
  }
}

async function makeFoos(): Promise<void> {
  let next = 0;
  const make = async (): Promise<void> => {
    for (let i = next++; i < size; i = next++) {
      const metadata = { name: `foo-${i}`, namespace };
      await client.create(Foo.resource, Foo.create({ metadata, spec: { name: `friend-${i}` } }));
    }
  };
  await Promise.all(Array.from({ length: creators }, make));
}

/** Waits until the informer has told of something; ends with the manager, if that ends. */
async function untilSeen(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await Promise.race([wake.promise, running]);
    wake = Promise.withResolvers();
  }
}
