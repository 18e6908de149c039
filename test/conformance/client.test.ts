import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ConfigMap,
  Deployment,
  Ingress,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  Pod,
  Secret,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

const configMap = (
  name: string,
  namespace: string,
  data: Record<string, string> = {},
): ConfigMap & { metadata: { name: string } } => ({ metadata: { name, namespace }, data });

const deployment = (name: string, namespace: string): Deployment => ({
  metadata: { name, namespace },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          { name: 'app', image: 'app:1' },
          { name: 'proxy', image: 'proxy:1' },
        ],
      },
    },
  },
});

describeOnEachServer('client', {}, (environment) => {
  let client: Client;
  let namespace: string;
  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  test('creates, reads, updates and deletes an object', async () => {
    const created = await client.create(ConfigMap, configMap('crud', namespace, { a: '1' }));
    assert.ok(created.metadata.uid);
    const read = await client.get(ConfigMap, { name: 'crud', namespace });
    assert.deepEqual(read, created);
    const updated = await client.update(ConfigMap, { ...read, data: { a: '2' } });
    assert.notEqual(updated.metadata.resourceVersion, read.metadata.resourceVersion);
    await client.delete(ConfigMap, { name: 'crud', namespace });
    assert.ok(isNotFound(await refusalOf(client.get(ConfigMap, { name: 'crud', namespace }))));
  });

  test('names the call and the object in a refusal', async () => {
    const error = await refusalOf(client.get(ConfigMap, { name: 'absent', namespace }));
    assert.equal(error.message, `get ConfigMap ${namespace}/absent: configmaps "absent" not found`);
    assert.equal(error.code, 404);
    assert.equal(error.status.details?.kind, 'configmaps');
  });

  test('refuses a second object of the same name', async () => {
    await client.create(ConfigMap, configMap('twice', namespace));
    assert.ok(
      isAlreadyExists(await refusalOf(client.create(ConfigMap, configMap('twice', namespace)))),
    );
  });

  test('refuses an update of a version that is no longer the latest', async () => {
    const first = await client.create(ConfigMap, configMap('stale', namespace, { a: '1' }));
    await client.update(ConfigMap, { ...first, data: { a: '2' } });
    assert.ok(
      isConflict(await refusalOf(client.update(ConfigMap, { ...first, data: { a: '3' } }))),
    );
  });

  test('lets the server choose a name', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(() =>
        client.create(ConfigMap, { metadata: { generateName: 'made-', namespace } }),
      ),
    );
    assert.match(a?.metadata.name ?? '', /^made-[a-z0-9]{5}$/);
    assert.notEqual(a?.metadata.name, b?.metadata.name);
  });

  test('says which field of an object is wrong, and how', async () => {
    const error = await refusalOf(client.create(ConfigMap, configMap('Not_a_name', namespace)));
    assert.ok(isInvalid(error));
    assert.equal(error.status.details?.causes?.[0]?.field, 'metadata.name');
  });

  test('refuses a field that the kind does not have', async () => {
    const misspelt = { ...configMap('misspelt', namespace), dat: {} };
    const error = await refusalOf(client.create(ConfigMap, misspelt));
    assert.equal(error.code, 400);
    assert.match(error.message, /strict decoding error: unknown field "dat"/);
  });

  test('stores nothing in a dry run', async () => {
    const dry = await client.create(ConfigMap, configMap('dry', namespace), { dryRun: true });
    assert.equal(dry.metadata.name, 'dry');
    assert.ok(isNotFound(await refusalOf(client.get(ConfigMap, { name: 'dry', namespace }))));
  });

  test('patches in all the ways of the API', async () => {
    const ref = { name: 'patched', namespace };
    await client.create(Deployment, deployment(ref.name, namespace));
    await client.patch(Deployment, ref, {
      type: 'merge',
      body: { metadata: { labels: { a: '1', b: '2' } } },
    });
    await client.patch(Deployment, ref, {
      type: 'json',
      operations: [{ op: 'remove', path: '/metadata/labels/a' }],
    });
    const body = {
      spec: { template: { spec: { containers: [{ name: 'proxy', image: 'proxy:2' }] } } },
    };
    const patched = await client.patch(Deployment, ref, { type: 'strategic', body });
    assert.deepEqual(patched.metadata.labels, { b: '2' });
    assert.deepEqual(
      patched.spec?.template.spec?.containers.map(({ name, image }) => [name, image]),
      [
        ['app', 'app:1'],
        ['proxy', 'proxy:2'],
      ],
    );
  });

  test('refuses a JSON patch whose test fails', async () => {
    await client.create(ConfigMap, configMap('tested', namespace, { a: '1' }));
    const operations = [
      { op: 'test', path: '/data/a', value: '2' },
      { op: 'remove', path: '/data/a' },
    ] as const;
    const error = await refusalOf(
      client.patch(ConfigMap, { name: 'tested', namespace }, { type: 'json', operations }),
    );
    assert.equal(error.code, 422);
  });

  test('applies what it wants, removes what it wants no more, and leaves the rest to others', async () => {
    const ref = { name: 'applied', namespace };
    await client.apply(ConfigMap, configMap(ref.name, namespace, { mine: '1', old: '1' }), {
      fieldManager: 'one',
    });
    await client.apply(ConfigMap, configMap(ref.name, namespace, { theirs: '1' }), {
      fieldManager: 'two',
    });
    await client.apply(ConfigMap, configMap(ref.name, namespace, { mine: '2' }), {
      fieldManager: 'one',
    });
    assert.deepEqual((await client.get(ConfigMap, ref)).data, { mine: '2', theirs: '1' });
  });

  test('names the owner of a field in an apply conflict, and takes it over by force', async () => {
    const name = 'contended';
    await client.apply(ConfigMap, configMap(name, namespace, { a: '1' }), { fieldManager: 'one' });
    const theft = configMap(name, namespace, { a: '2' });
    const error = await refusalOf(client.apply(ConfigMap, theft, { fieldManager: 'two' }));
    assert.ok(isConflict(error));
    assert.deepEqual(error.status.details?.causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
    ]);
    const taken = await client.apply(ConfigMap, theft, { fieldManager: 'two', force: true });
    assert.deepEqual(taken.data, { a: '2' });
  });

  test('reads a list in pages without losing or repeating anything', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `page-${i}`);
    await Promise.all(
      names.map((name) =>
        client.create(Secret, { metadata: { name, namespace, labels: { paged: 'yes' } } }),
      ),
    );
    const first = await client.list(Secret, { namespace, labelSelector: 'paged=yes', limit: 3 });
    assert.equal(first.items.length, 3);
    assert.ok(first.metadata.continue);
    const read: string[] = [];
    for await (const { metadata } of client.listAll(Secret, {
      namespace,
      labelSelector: 'paged=yes',
      pageSize: 3,
    })) {
      read.push(metadata.name);
    }
    assert.deepEqual(read, names);
  });

  test('selects by labels and by fields', async () => {
    await Promise.all(
      ['a', 'b', 'c'].map((tier) =>
        client.create(ConfigMap, {
          metadata: { name: `sel-${tier}`, namespace, labels: { tier } },
        }),
      ),
    );
    const names = async (options: {
      labelSelector?: string;
      fieldSelector?: string;
    }): Promise<string[]> =>
      (await client.list(ConfigMap, { namespace, ...options })).items.map(
        ({ metadata }) => metadata.name,
      );
    assert.deepEqual(await names({ labelSelector: 'tier in (a,c)' }), ['sel-a', 'sel-c']);
    assert.deepEqual(await names({ labelSelector: 'tier,tier!=a' }), ['sel-b', 'sel-c']);
    assert.deepEqual(await names({ fieldSelector: 'metadata.name=sel-b' }), ['sel-b']);
  });

  test('keeps status and specification apart', async () => {
    // An Ingress has a status that no built-in controller writes.
    const metadata = { name: 'status', namespace };
    const defaultBackend = { service: { name: 'web', port: { number: 80 } } };
    const created = await client.create(Ingress, {
      metadata,
      spec: { ingressClassName: 'a', defaultBackend },
    });
    assert.equal(created.metadata.generation, 1);
    const balanced = (ip: string): Ingress['status'] => ({ loadBalancer: { ingress: [{ ip }] } });
    const status = await client.updateStatus(Ingress, {
      ...created,
      spec: { ingressClassName: 'b', defaultBackend },
      status: balanced('10.0.0.1'),
    });
    assert.equal(status.spec?.ingressClassName, 'a');
    assert.deepEqual(status.status, balanced('10.0.0.1'));
    assert.equal(status.metadata.generation, 1);
    const spec = await client.update(Ingress, {
      ...status,
      spec: { ingressClassName: 'c', defaultBackend },
      status: balanced('10.0.0.2'),
    });
    assert.equal(spec.spec?.ingressClassName, 'c');
    assert.deepEqual(spec.status, balanced('10.0.0.1'));
    assert.equal(spec.metadata.generation, 2);
  });

  test('shows a scale as a table', async () => {
    await client.create(Deployment, deployment('scale-table', namespace));
    const table = await client.rawJson<{
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    }>({
      method: 'GET',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/scale-table/scale`,
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    assert.deepEqual(
      table.columnDefinitions.map(({ name }) => name),
      ['Name', 'Desired', 'Available', 'Age'],
    );
    assert.deepEqual(table.rows[0]?.cells.slice(0, 3), ['scale-table', 0, 0]);
  });

  test('scales through the scale subresource', async () => {
    const ref = { name: 'scaled', namespace };
    await client.create(Deployment, deployment(ref.name, namespace));
    const scale = await client.getScale(Deployment, ref);
    assert.equal(scale.spec?.replicas ?? 0, 0);
    await client.setScale(Deployment, ref, 3);
    assert.equal((await client.get(Deployment, ref)).spec?.replicas, 3);
  });

  test('deletes only the object it means', async () => {
    const ref = { name: 'precise', namespace };
    const { metadata } = await client.create(ConfigMap, configMap(ref.name, namespace));
    const uid = '00000000-0000-0000-0000-000000000000';
    assert.ok(
      isConflict(await refusalOf(client.delete(ConfigMap, ref, { preconditions: { uid } }))),
    );
    await client.delete(ConfigMap, ref, { preconditions: { uid: metadata.uid } });
  });

  test('holds back an object with a finalizer until that is removed', async () => {
    const ref = { name: 'held', namespace };
    await client.create(ConfigMap, { metadata: { ...ref, finalizers: ['example.com/hold'] } });
    await client.delete(ConfigMap, ref);
    const held = await client.get(ConfigMap, ref);
    assert.ok(held.metadata.deletionTimestamp);
    await client.patch(ConfigMap, ref, { type: 'merge', body: { metadata: { finalizers: null } } });
    assert.ok(isNotFound(await refusalOf(client.get(ConfigMap, ref))));
  });

  test('deletes all that match, and nothing else', async () => {
    const made = ['x', 'y', 'z'].map((name) =>
      client.create(ConfigMap, {
        metadata: { name: `all-${name}`, namespace, labels: { all: name === 'z' ? 'no' : 'yes' } },
      }),
    );
    await Promise.all(made);
    await client.deleteAllOf(ConfigMap, { namespace, labelSelector: 'all=yes' });
    const left = await client.list(ConfigMap, { namespace, labelSelector: 'all' });
    assert.deepEqual(
      left.items.map(({ metadata }) => metadata.name),
      ['all-z'],
    );
  });

  test('does nothing to an object whose name is empty: it does not mean all of them', async () => {
    const own = await environment().newNamespace();
    await client.create(ConfigMap, configMap('stays', own));
    const nobody = { name: '', namespace: own };
    const refused = { name: 'TypeError', message: 'the name of ConfigMap is empty' };
    await assert.rejects(client.delete(ConfigMap, nobody), refused);
    await assert.rejects(client.get(ConfigMap, nobody), refused);
    await assert.rejects(
      client.patch(ConfigMap, nobody, { type: 'merge', body: { data: { a: '1' } } }),
      refused,
    );
    await client.get(ConfigMap, { name: 'stays', namespace: own });
  });

  test('takes an empty namespace for all of them in a list and in a watch', async () => {
    await client.create(ConfigMap, configMap('anywhere', namespace));
    const fieldSelector = `metadata.name=anywhere,metadata.namespace=${namespace}`;
    const { items } = await client.list(ConfigMap, { namespace: '', fieldSelector });
    assert.deepEqual(
      items.map(({ metadata }) => metadata.namespace),
      [namespace],
    );
    for await (const { object } of client.watch(ConfigMap, { namespace: '', fieldSelector })) {
      assert.equal(object.metadata.resourceVersion, items[0]?.metadata.resourceVersion);
      break;
    }
  });

  test('tells in a watch what happens from a version on', async () => {
    const { metadata } = await client.list(ConfigMap, { namespace });
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { type, object } of client.watch(ConfigMap, {
        namespace,
        resourceVersion: metadata.resourceVersion,
        fieldSelector: 'metadata.name=watched',
        signal: stop.signal,
      })) {
        if (type === 'BOOKMARK') continue;
        seen.push(`${type} ${object.data?.['a'] ?? ''}`);
        if (type === 'DELETED') return;
      }
    })();
    const created = await client.create(ConfigMap, configMap('watched', namespace, { a: '1' }));
    await client.update(ConfigMap, { ...created, data: { a: '2' } });
    await client.delete(ConfigMap, { name: 'watched', namespace });
    await following;
    stop.abort();
    assert.deepEqual(seen, ['ADDED 1', 'MODIFIED 2', 'DELETED 2']);
  });

  test('streams the present state and marks its end', async () => {
    await client.create(ConfigMap, {
      metadata: { name: 'streamed', namespace, labels: { streamed: 'yes' } },
    });
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const event of client.watch(ConfigMap, {
      namespace,
      labelSelector: 'streamed',
      sendInitialEvents: true,
      signal: stop.signal,
    })) {
      seen.push(event.type);
      if (event.type === 'BOOKMARK') {
        assert.equal(event.object.metadata.annotations?.['k8s.io/initial-events-end'], 'true');
        break;
      }
    }
    assert.deepEqual(seen, ['ADDED', 'BOOKMARK']);
  });

  test('ends a watch whose signal is aborted', async () => {
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of client.watch(ConfigMap, { namespace, signal: stop.signal }))
        assert.ok(event.type);
    })();
    stop.abort(new Error('enough'));
    await assert.rejects(watching, /enough/);
  });

  test('has only the permissions of its user', async () => {
    const nobody = await environment().client({ user: 'nobody-in-particular' });
    const error = await refusalOf(nobody.list(Pod, { namespace }));
    assert.ok(isForbidden(error));
    assert.equal(
      error.status.message,
      `pods is forbidden: User "nobody-in-particular" cannot list resource "pods" in API group "" in the namespace "${namespace}"`,
    );
  });
});
