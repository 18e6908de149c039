import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  ConfigMap,
  Deployment,
  findCondition,
  resourcePath,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { createController, done, Manager } from '@kubewright/runtime';
import { describeOnEachServer } from './on-each-server.ts';
import { untilAnswer } from './until-answer.ts';

const first = { fieldManager: 'first' } as const;
const second = { fieldManager: 'second' } as const;

describeOnEachServer('writes that change nothing', {}, (environment) => {
  let client: Client;
  let namespace: string;
  let names = 0;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  function newReference(): { readonly namespace: string; readonly name: string } {
    names += 1;
    return { namespace, name: `it-${names}` };
  }

  const makeMap = (reference: NamespacedName): Promise<Stored<ConfigMap>> =>
    client.create(ConfigMap, { metadata: { ...reference }, data: { a: '1', b: '2' } }, first);

  /** An object with all its fields, who manages them included. */
  async function whole<T extends KubernetesObject>(
    resource: Resource<T>,
    reference: NamespacedName,
  ): Promise<Stored<T>> {
    return client.rawJson({ method: 'GET', path: resourcePath(resource, reference) });
  }

  describe('leave version and managers as they are', () => {
    test('an update of what is there, by another manager', async () => {
      const reference = newReference();
      await makeMap(reference);
      const before = await whole(ConfigMap, reference);
      await client.update(ConfigMap, await client.get(ConfigMap, reference), second);
      assert.deepEqual(await whole(ConfigMap, reference), before);
    });

    test('an update of the status, whatever it says of the rest', async () => {
      const reference = newReference();
      const labels = { app: reference.name };
      await client.create(Deployment, {
        metadata: { ...reference },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'app', image: 'app' }] },
          },
        },
      });
      const { controllers } = environment().capabilities;
      // Without replicas a controller, where there is one, is done soon, and says so.
      const before = await untilAnswer(
        () => whole(Deployment, reference),
        ({ metadata, status }) =>
          !controllers ||
          (status?.observedGeneration === metadata.generation &&
            findCondition(status?.conditions, 'Progressing')?.reason === 'NewReplicaSetAvailable'),
      );
      const read = await client.get(Deployment, reference);
      const changed = { ...read, spec: { ...read.spec, replicas: 7 } } as Stored<Deployment>;
      await client.updateStatus(Deployment, changed, second);
      assert.deepEqual(await whole(Deployment, reference), before);
    });

    test('a merge patch, of values and of what is not there', async () => {
      const reference = newReference();
      await makeMap(reference);
      const before = await whole(ConfigMap, reference);
      const body = { data: { a: '1', missing: null } };
      await client.patch(ConfigMap, reference, { type: 'merge', body }, second);
      assert.deepEqual(await whole(ConfigMap, reference), before);
    });

    test('a JSON patch', async () => {
      const reference = newReference();
      await makeMap(reference);
      const before = await whole(ConfigMap, reference);
      const operations = [{ op: 'replace', path: '/data/a', value: '1' }] as const;
      await client.patch(ConfigMap, reference, { type: 'json', operations }, second);
      assert.deepEqual(await whole(ConfigMap, reference), before);
    });

    test('an apply of what the same manager applied last', async () => {
      const configuration = { metadata: newReference(), data: { a: '1' } };
      await client.apply(ConfigMap, configuration, first);
      const before = await whole(ConfigMap, configuration.metadata);
      await client.apply(ConfigMap, configuration, first);
      await client.apply(ConfigMap, configuration, { ...first, force: true });
      assert.deepEqual(await whole(ConfigMap, configuration.metadata), before);
    });
  });

  describe('are no such writes, although every value is there', () => {
    test('an apply by another manager, which comes to own it too', async () => {
      const configuration = { metadata: newReference(), data: { a: '1' } };
      const before = await client.apply(ConfigMap, configuration, first);
      const after = await client.apply(ConfigMap, configuration, second);
      assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);
    });

    test('an apply after others have changed a value and changed it back', async () => {
      const configuration = { metadata: newReference(), data: { a: '1' } };
      await client.apply(ConfigMap, configuration, first);
      for (const a of ['2', '1']) {
        const body = { data: { a } };
        await client.patch(ConfigMap, configuration.metadata, { type: 'merge', body }, second);
      }
      const before = await whole(ConfigMap, configuration.metadata);
      const after = await client.apply(ConfigMap, configuration, first);
      assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);
    });

    test('an update that names an older version', async () => {
      const reference = newReference();
      const made = await makeMap(reference);
      const body = { data: { a: '3' } };
      await client.patch(ConfigMap, reference, { type: 'merge', body });
      await client.patch(ConfigMap, reference, { type: 'merge', body: { data: { a: '1' } } });
      await assert.rejects(client.update(ConfigMap, made), { code: 409 });
    });
  });

  test('are not sent by a controller, however often it reconciles', async () => {
    const reference = newReference();
    const child = { metadata: newReference(), data: { a: '1' } };
    const patches: string[] = [];
    const { transport } = await environment().client();
    const writer = new Client({
      transport: {
        request: (request) => {
          if (request.method === 'PATCH') patches.push(request.path.split('?', 1)[0] ?? '');
          return transport.request(request);
        },
        webSocket: (request) => transport.webSocket(request),
        close: async () => Promise.resolve(), // the environment closes it
      },
    });
    const off = { port: false } as const;
    const manager = new Manager({
      client: writer,
      namespaces: [namespace],
      metrics: off,
      health: off,
    });
    let round = '';
    manager.add(
      createController(manager, {
        name: 'noop',
        for: {
          resource: ConfigMap,
          predicates: [({ object }) => object.metadata.name === reference.name],
        },
        reconcile: async (_request, { client: bound, cache }) => {
          const seen = cache.get(ConfigMap, reference);
          await bound.apply(ConfigMap, child, { ...first, force: true });
          const body = { metadata: { annotations: { seen: 'yes' } } };
          const answer = await bound.patch(ConfigMap, reference, { type: 'merge', body });
          assert.equal(answer.metadata.annotations?.['seen'], 'yes');
          round = seen?.data?.['round'] ?? '';
          return done();
        },
      }),
    );
    const stop = new AbortController();
    const run = manager.run({ signal: stop.signal });
    const begin = async (next: string): Promise<void> => {
      const body = { data: { round: next } };
      await client.patch(ConfigMap, reference, { type: 'merge', body });
      while (round !== next) await setImmediate();
    };
    await makeMap(reference);
    for (const next of ['1', '2', '3']) await begin(next);
    const paths = [child.metadata, reference].map((each) => resourcePath(ConfigMap, each));
    assert.deepEqual(patches, paths);

    const body = { data: { a: '2' } };
    const foreign = await client.patch(ConfigMap, child.metadata, { type: 'merge', body }, second);
    const { resourceVersion } = foreign.metadata;
    const shown = () => manager.cache.get(ConfigMap, child.metadata)?.metadata.resourceVersion;
    while (shown() !== resourceVersion) await setImmediate();
    await begin('4');
    assert.deepEqual(patches, [...paths, paths[0]]);
    assert.equal((await client.get(ConfigMap, child.metadata)).data?.['a'], '1');
    stop.abort(new Error('the test is over'));
    await run;
  });
});
