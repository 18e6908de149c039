import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ConfigMap,
  CustomResourceDefinition,
  Deployment,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  isTooManyRequests,
  isUnauthorized,
  Namespace,
  Pod,
  PodDisruptionBudget,
  ServiceAccount,
  StatusError,
} from '@kubewright/apimachinery';
import {
  Client,
  connect,
  fixedCredentials,
  HttpTransport,
  isInitialEventsEnd,
  KubeConfig,
  loadKubeConfig,
  retryOnConflict,
} from '../../src/index.ts';

// Runs against the API server of KUBECONFIG, as an administrator. Without one the tests fail.

let config: KubeConfig;
let client: Client;
let namespace: string;
const warnings: string[] = [];

before(async () => {
  assert.ok(process.env['KUBECONFIG'], 'KUBECONFIG must name the kubeconfig of a test cluster');
  config = await loadKubeConfig({ inCluster: 'never' });
  client = await Client.fromKubeConfig(config, { onWarning: (text) => warnings.push(text) });
  const created = await client.create(Namespace, { metadata: { generateName: 'client-test-' } });
  namespace = created.metadata.name;
});
after(async () => {
  await client.delete(Namespace, { name: namespace });
  await client.close();
});

/** For what others write to, too. */
const patient = { attempts: 12 };

/** Repeats a request that fails for two minutes at most. */
async function untilDone<T>(request: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await pause(50);
  }
}

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace, labels: { test: 'client' } },
  data,
});
const deployment = (name: string): Deployment => ({
  metadata: { name, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'app:1' }] },
    },
  },
});

test('creates, reads, replaces, changes and deletes an object', async () => {
  const ref = { name: 'round', namespace };
  const created = await client.create(ConfigMap, configMap('round', { a: '1' }));
  assert.equal(created.metadata.managedFields?.[0]?.manager, 'kubewright');
  const updated = await client.update(ConfigMap, { ...created, data: { a: '2' } });
  assert.notEqual(updated.metadata.resourceVersion, created.metadata.resourceVersion);
  const patches = [
    { type: 'merge', body: { data: { b: '1' } } },
    { type: 'strategic', body: { data: { c: '1' } } },
    { type: 'json', operations: [{ op: 'remove', path: '/data/a' }] },
  ] as const;
  for (const patch of patches) await client.patch(ConfigMap, ref, patch);
  assert.deepEqual((await client.get(ConfigMap, ref)).data, { b: '1', c: '1' });
  const answer = await client.delete(ConfigMap, ref);
  assert.equal(answer.kind, 'Status');
  await assert.rejects(client.get(ConfigMap, ref), isNotFound);
});

test('refuses what the server refuses, with the attempt in the message', async () => {
  const object = await client.create(ConfigMap, configMap('twice'));
  await assert.rejects(
    client.create(ConfigMap, configMap('twice')),
    (error) =>
      isAlreadyExists(error) &&
      error.message === `create ConfigMap ${namespace}/twice: configmaps "twice" already exists`,
  );
  await client.update(ConfigMap, { ...object, data: { a: 'b' } });
  await assert.rejects(client.update(ConfigMap, object), isConflict);
  await assert.rejects(client.create(ConfigMap, configMap('UPPER')), isInvalid);
  const misspelt: object = { metadata: { name: 'x', namespace }, dta: {} };
  await assert.rejects(
    client.create(ConfigMap, misspelt as ConfigMap),
    /strict decoding error: unknown field "dta"/,
  );
  await client.create(ConfigMap, misspelt as ConfigMap, { fieldValidation: 'Warn' });
  assert.ok(warnings.includes('unknown field "dta"'));
});

test('does nothing in a dry run', async () => {
  await client.create(ConfigMap, configMap('dry'), { dryRun: true });
  await assert.rejects(client.get(ConfigMap, { name: 'dry', namespace }), isNotFound);
});

test('keeps managedFields when an object without them is written back', async () => {
  await client.create(ConfigMap, configMap('managed', { a: '1' }));
  const { items } = await client.list(ConfigMap, {
    namespace,
    fieldSelector: 'metadata.name=managed',
  });
  const [object] = items;
  assert.ok(object);
  assert.equal(object.metadata.managedFields, undefined);
  const updated = await client.update(ConfigMap, { ...object, data: { a: '1', b: '2' } });
  assert.deepEqual(
    updated.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
    ['kubewright Update'],
  );
});

test('applies fields, detects conflicts, and takes fields over by force', async () => {
  const wanted = (replicas: number): Parameters<typeof client.apply<Deployment>>[1] => ({
    ...deployment('applied'),
    metadata: { name: 'applied', namespace },
    spec: { ...deployment('applied').spec, replicas },
  });
  await client.apply(Deployment, wanted(2), { fieldManager: 'one' });
  await assert.rejects(client.apply(Deployment, wanted(3), { fieldManager: 'two' }), isConflict);
  const forced = await client.apply(Deployment, wanted(3), { fieldManager: 'two', force: true });
  assert.equal(forced.spec?.replicas, 3);
});

test('writes the status apart, and scales', async () => {
  const ref = { name: 'scaled', namespace };
  await client.create(Deployment, deployment('scaled'));
  // Where there are controllers, they write to it too.
  const written = await retryOnConflict(async () => {
    const object = await client.get(Deployment, ref);
    return client.updateStatus(Deployment, { ...object, spec: undefined, status: { replicas: 5 } });
  }, patient);
  assert.deepEqual([written.status?.replicas, written.spec?.replicas], [5, 1]);
  await client.setScale(Deployment, ref, 4);
  const scaled = await retryOnConflict(async () => {
    const scale = await client.getScale(Deployment, ref);
    assert.equal(scale.spec?.replicas, 4);
    return client.updateScale(Deployment, { ...scale, spec: { replicas: 6 } });
  }, patient);
  assert.equal(scaled.spec?.replicas, 6);
  assert.equal((await client.get(Deployment, ref)).spec?.replicas, 6);
});

test('repeats a change until it has no conflict', async () => {
  const ref = { name: 'counter', namespace };
  await client.create(ConfigMap, configMap('counter', { count: '0' }));
  await Promise.all(
    Array.from({ length: 4 }, () =>
      retryOnConflict(async () => {
        const object = await client.get(ConfigMap, ref);
        const count = Number(object.data?.['count']) + 1;
        await client.update(ConfigMap, { ...object, data: { count: String(count) } });
      }, patient),
    ),
  );
  assert.equal((await client.get(ConfigMap, ref)).data?.['count'], '4');
});

test('lists whole, streamed and in pages, in one order', async () => {
  await Promise.all(
    Array.from({ length: 7 }, (_, index) => client.create(ConfigMap, configMap(`page-${index}`))),
  );
  const selection = { namespace, labelSelector: 'test=client' };
  const names = async (items: AsyncIterable<ConfigMap>): Promise<(string | undefined)[]> => {
    const all: (string | undefined)[] = [];
    for await (const { metadata } of items) all.push(metadata.name);
    return all;
  };
  const list = await client.list(ConfigMap, selection);
  const whole = list.items.map(({ metadata }) => metadata.name);
  assert.ok(whole.length >= 7);
  assert.ok(list.metadata.resourceVersion);
  assert.deepEqual(await names(client.listAll(ConfigMap, { ...selection, pageSize: 2 })), whole);
  // From the server's cache, which may be behind, but not behind this.
  const { resourceVersion } = list.metadata;
  const stream = await client.listStream(ConfigMap, { ...selection, resourceVersion });
  assert.equal((await names(stream.items)).length, whole.length);
  assert.ok(stream.metadata.resourceVersion);
});

test('reports a continue token that is none', async () => {
  await assert.rejects(client.list(ConfigMap, { namespace, continue: 'x' }), StatusError);
});

test('watches from the present state, with the bookmark that ends it, and what follows', async () => {
  await client.create(ConfigMap, configMap('watched', { a: '1' }));
  const seen: string[] = [];
  let lastVersion = '';
  for await (const event of client.watch(ConfigMap, {
    namespace,
    fieldSelector: 'metadata.name=watched',
    sendInitialEvents: true,
  })) {
    // Another that comes with time says nothing here.
    if (event.type === 'BOOKMARK' && !isInitialEventsEnd(event)) continue;
    seen.push(event.type);
    lastVersion = event.object.metadata.resourceVersion;
    if (isInitialEventsEnd(event)) {
      const patch = { type: 'merge', body: { data: { a: '2' } } } as const;
      await client.patch(ConfigMap, { name: 'watched', namespace }, patch);
      await client.delete(ConfigMap, { name: 'watched', namespace });
    }
    if (event.type === 'DELETED') break;
  }
  assert.deepEqual(seen, ['ADDED', 'BOOKMARK', 'MODIFIED', 'DELETED']);

  await client.create(ConfigMap, configMap('watched', { a: '3' }));
  for await (const event of client.watch(ConfigMap, {
    namespace,
    fieldSelector: 'metadata.name=watched',
    resourceVersion: lastVersion,
  })) {
    if (event.type === 'BOOKMARK') continue;
    assert.equal(event.type, 'ADDED');
    assert.deepEqual(event.object.data, { a: '3' });
    break;
  }
});

test('ends a watch when the server does', async () => {
  for await (const _ of client.watch(ConfigMap, {
    namespace,
    labelSelector: 'none=such',
    timeoutSeconds: 1,
    allowBookmarks: false,
  })) {
    assert.fail('nothing changes here');
  }
});

test('aborts a watch with the reason of its signal', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const events = client.watch(ConfigMap, { namespace, signal: controller.signal });
  const iterator = events[Symbol.asyncIterator]();
  await iterator.next();
  controller.abort(reason);
  await assert.rejects(
    async () => {
      for (;;) await iterator.next();
    },
    (error) => error === reason,
  );
});

test('deletes only under its preconditions, and a selection', async () => {
  const { metadata } = await client.create(ConfigMap, configMap('guarded'));
  const ref = { name: 'guarded', namespace };
  await assert.rejects(
    client.delete(ConfigMap, ref, { preconditions: { uid: 'another' } }),
    isConflict,
  );
  await client.delete(ConfigMap, ref, {
    preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    propagationPolicy: 'Background',
  });
  await client.deleteAllOf(ConfigMap, { namespace, labelSelector: 'test=client' });
  const left = await client.list(ConfigMap, { namespace, labelSelector: 'test=client' });
  assert.deepEqual(left.items, []);
});

test('evicts a pod, unless a disruption budget forbids it', async () => {
  const labels = { app: 'evicted' };
  const ref = { name: 'evicted', namespace };
  // Where no controller has made it.
  await client
    .create(ServiceAccount, { metadata: { name: 'default', namespace } })
    .catch((error: unknown) => assert.ok(isAlreadyExists(error)));
  await client.create(Pod, {
    metadata: { ...ref, labels },
    spec: { schedulerName: 'none', containers: [{ name: 'main', image: 'app:1' }] },
  });
  await client.patch(
    Pod,
    ref,
    { type: 'merge', body: { status: { phase: 'Running' } } },
    { subresource: 'status' },
  );
  await client.create(PodDisruptionBudget, {
    metadata: { name: 'budget', namespace },
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  });
  await assert.rejects(client.evict(ref), isTooManyRequests);
  await client.delete(PodDisruptionBudget, { name: 'budget', namespace });
  await client.evict(ref);
});

test('works with the objects of a custom resource', async () => {
  const group = `${namespace}.example.com`;
  await client.create(CustomResourceDefinition, {
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wdg'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  });
  try {
    const isEstablished = (crd: CustomResourceDefinition): boolean =>
      crd.status?.conditions?.some(
        ({ type, status }) => type === 'Established' && status === 'True',
      ) ?? false;
    for await (const event of client.watch(CustomResourceDefinition, {
      fieldSelector: `metadata.name=widgets.${group}`,
    })) {
      if (event.type !== 'BOOKMARK' && isEstablished(event.object)) break;
    }
    // A server lists and serves it a moment later.
    const { resource, subresources } = await untilDone(() => client.resolve(`Widget.${group}`));
    await untilDone(() => client.list(resource, { namespace }));
    assert.deepEqual(
      [resource.plural, resource.scope, subresources],
      ['widgets', 'Namespaced', []],
    );
    const spec: object = { spec: { size: 1 } };
    const made = await client.create(resource, { metadata: { name: 'w', namespace }, ...spec });
    assert.equal(made.kind, 'Widget');
    const { items } = await client.list(resource, { namespace });
    assert.deepEqual(
      items.map(({ metadata, kind, apiVersion }) => [apiVersion, kind, metadata.managedFields]),
      [[`${group}/v1`, 'Widget', undefined]],
    );
  } finally {
    await client.delete(CustomResourceDefinition, { name: `widgets.${group}` });
  }
});

test('discovers what the server has', async () => {
  const { major, minor, gitVersion } = await client.serverVersion();
  assert.match(gitVersion, new RegExp(`^v${major}\\.${minor}\\.`));
  const resources = await client.resourcesOf('apps/v1');
  const found = resources.find(({ resource }) => resource.kind === 'Deployment');
  assert.deepEqual(found?.subresources.toSorted(), ['scale', 'status']);
  assert.equal((await client.resolve('po')).resource.kind, 'Pod');
  assert.equal((await client.resolve('deploy')).resource.apiVersion, 'apps/v1');
  assert.equal((await client.resolve('crd')).resource.kind, 'CustomResourceDefinition');
});

test('acts as somebody else', async () => {
  const [entry] = config.users;
  assert.ok(entry);
  const user = { ...entry, impersonate: { user: 'jürgen 你好', groups: ['a', 'b'], extra: {} } };
  await using other = await Client.fromKubeConfig(
    new KubeConfig({
      clusters: config.clusters,
      users: [user],
      contexts: config.contexts,
      currentContext: config.currentContext,
    }),
  );
  await assert.rejects(
    other.list(Pod, { namespace }),
    (error) => isForbidden(error) && error.message.includes('User "jürgen 你好" cannot list'),
  );
});

test('is refused with a wrong token', async () => {
  const { cluster } = config.current();
  const transport = new HttpTransport({
    server: cluster.server,
    insecureSkipTlsVerify: true,
    credentials: fixedCredentials({ headers: { authorization: 'Bearer wrong' } }),
  });
  await using stranger = new Client({ transport });
  await assert.rejects(stranger.get(Namespace, { name: 'default' }), isUnauthorized);
});

test('refuses to speak to a server it has no reason to trust', async () => {
  const { cluster } = config.current();
  const transport = new HttpTransport({ server: cluster.server });
  await assert.rejects(transport.request({ method: 'GET', path: '/version' }), {
    code: 'TLS_FAILED',
  });
  await transport.close();
});

test('reads a large list compressed as it reads it plain', async () => {
  const data = { text: 'x'.repeat(50_000) };
  await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      client.create(ConfigMap, { metadata: { name: `large-${index}`, namespace }, data }),
    ),
  );
  await using zipping = new Client({ transport: await connect(config, { compression: true }) });
  const selection = { namespace };
  const [zipped, plain] = await Promise.all([
    zipping.list(ConfigMap, selection),
    client.list(ConfigMap, selection),
  ]);
  assert.deepEqual(zipped.items, plain.items);
});
