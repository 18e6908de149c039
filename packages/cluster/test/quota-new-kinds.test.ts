import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  CustomResourceDefinition,
  defineResource,
  ResourceQuota,
  type Transport,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { Manager } from '@kubewright/runtime';
import { createResourceQuotaController } from '../src/controllers/resource-quota/resource-quota-controller.ts';
import {
  CountedTransport,
  isSettled,
  startTestEnvironment,
  untilServed,
  type TestEnvironment,
} from '../src/index.ts';

const group = 'quota.example.com';
const Gadget = defineResource({
  group,
  version: 'v1',
  kind: 'Gadget',
  plural: 'gadgets',
  scope: 'Namespaced',
});

/** A transport on which requests for one path wait until they are let through. */
function heldBack(
  inner: Transport,
  path: string,
): { transport: Transport; asked: Promise<void>; letThrough: () => void } {
  const asked = Promise.withResolvers<undefined>();
  const open = Promise.withResolvers<undefined>();
  const transport: Transport = {
    request: async (request) => {
      if (request.path.split('?', 1)[0] === path) {
        asked.resolve(undefined);
        await open.promise;
      }
      return inner.request(request);
    },
    webSocket: (request) => inner.webSocket(request),
    close: () => Promise.resolve(),
  };
  return { transport, asked: asked.promise, letThrough: () => open.resolve(undefined) };
}

describe('a quota of a new kind', { timeout: 60_000 }, () => {
  let environment: TestEnvironment;
  let client: Client;
  before(async () => {
    environment = await startTestEnvironment();
    client = await environment.client();
  });
  after(() => environment[Symbol.asyncDispose]());

  test('gets back what came and went before the controller had read the kind', async () => {
    const definition = await client.create(CustomResourceDefinition, {
      metadata: { name: `gadgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object' } },
          },
        ],
      },
    });
    await untilServed(client, [definition]);
    const namespace = await environment.newNamespace();
    const counted = `count/gadgets.${group}`;
    const quota = { namespace, name: 'q' };
    const untilUsed = async (wanted: string): Promise<void> => {
      const { items, metadata } = await client.list(ResourceQuota, { namespace });
      if (items.some(({ status }) => status?.used?.[counted] === wanted)) return;
      const { resourceVersion } = metadata;
      const events = client.watch(ResourceQuota, { namespace, resourceVersion });
      for await (const event of events) {
        if (event.type !== 'BOOKMARK' && event.object.status?.used?.[counted] === wanted) return;
      }
    };

    const ofAll = `/apis/${group}/v1/gadgets`;
    const answered = new CountedTransport(client.transport);
    const { transport, asked, letThrough } = heldBack(answered, ofAll);
    const manager = new Manager({
      client: new Client({ transport }),
      metrics: { port: false },
      health: { port: false },
    });
    manager.add(createResourceQuotaController(manager));
    const quotas = { informer: manager.cache.informer(ResourceQuota), namespace };
    const untilSettled = async (): Promise<void> => {
      while (!(await isSettled({ manager, transport: answered }, client, [quotas]))) await turn();
    };
    const stop = new AbortController();
    const run = manager.run({ signal: stop.signal });
    try {
      await client.create(ResourceQuota, { metadata: quota, spec: { hard: { [counted]: '1' } } });
      await untilUsed('0');
      await asked;
      await client.create(Gadget, { metadata: { namespace, name: 'one' } });
      await untilSettled();
      await client.delete(Gadget, { namespace, name: 'one' });
      letThrough();
      await untilUsed('0');
    } finally {
      letThrough();
      stop.abort();
      await run;
    }
  });
});
