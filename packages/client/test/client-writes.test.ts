import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterRole, ConfigMap, Deployment, Namespace, Pod } from '@kubewright/apimachinery';
import { Client, type ClientSettings } from '../src/index.ts';
import { ScriptedTransport, type Answer } from './scripted-transport.ts';

const stored = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } };
const ref = { name: 'web', namespace: 'ns' };

function scripted(
  answers: readonly Answer[] = [{ body: stored }],
  settings: ClientSettings = {},
): { client: Client; transport: ScriptedTransport } {
  const transport = new ScriptedTransport(answers);
  return { client: new Client({ ...settings, transport }), transport };
}

test('creates with type, field manager and strict validation', async () => {
  const { client, transport } = scripted();
  const answer = await client.create(ConfigMap, {
    metadata: { name: 'a', namespace: 'ns' },
    data: { k: 'v' },
  });
  assert.deepEqual(answer, stored);
  const { method, path, query, headers, body } = transport.sent();
  assert.deepEqual(
    { method, path, query, body },
    {
      method: 'POST',
      path: '/api/v1/namespaces/ns/configmaps',
      query: { fieldManager: 'kubewright', fieldValidation: 'Strict' },
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace: 'ns' },
        data: { k: 'v' },
      },
    },
  );
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['accept'], 'application/json');
  assert.equal(headers['user-agent'], 'kubewright');
});

test('leaves the object it is given as it is', async () => {
  const { client } = scripted();
  const object: ConfigMap = { metadata: { name: 'a' } };
  await client.create(ConfigMap, object);
  assert.deepEqual(object, { metadata: { name: 'a' } });
});

test("uses the object's namespace, else the option's, else the client's", async () => {
  const { client, transport } = scripted(
    [{}, {}, {}].map(() => ({ body: stored })),
    {
      namespace: 'mine',
    },
  );
  await client.create(ConfigMap, { metadata: { name: 'a', namespace: 'own' } });
  await client.create(ConfigMap, { metadata: { name: 'a' } }, { namespace: 'asked' });
  await client.create(ConfigMap, { metadata: { name: 'a' } });
  assert.deepEqual(
    [0, 1, 2].map((index) => transport.sent(index).path.split('/')[4]),
    ['own', 'asked', 'mine'],
  );
});

test('refuses two different namespaces', async () => {
  const { client } = scripted([]);
  await assert.rejects(
    client.create(ConfigMap, { metadata: { name: 'a', namespace: 'x' } }, { namespace: 'y' }),
    new TypeError('the ConfigMap says namespace "x", the options say "y"'),
  );
});

test('never puts a namespace into the path of a cluster-scoped kind', async () => {
  const { client, transport } = scripted([{ body: { metadata: {} } }, { body: { metadata: {} } }], {
    namespace: 'mine',
  });
  await client.get(Namespace, { name: 'a', namespace: 'b' });
  await client.create(ClusterRole, { metadata: { name: 'r' } });
  assert.equal(transport.sent(0).path, '/api/v1/namespaces/a');
  assert.equal(transport.sent(1).path, '/apis/rbac.authorization.k8s.io/v1/clusterroles');
});

test('escapes names, and sends nothing for one that would lead to something else', async () => {
  const { client, transport } = scripted([{ body: { metadata: {} } }]);
  await client.get(ClusterRole, { name: 'system:a%2Fb?c' });
  assert.equal(
    transport.requests[0]?.path,
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%252Fb%3Fc',
  );
  // JavaScript, or a cast, may give no name at all.
  const missing = undefined as unknown as string;
  for (const name of ['', '..', 'web/status', missing]) {
    await assert.rejects(client.delete(ClusterRole, { name }), TypeError);
    await assert.rejects(client.get(ClusterRole, { name }), TypeError);
    await assert.rejects(
      client.patch(ClusterRole, { name }, { type: 'merge', body: {} }),
      TypeError,
    );
    await assert.rejects(client.getScale(Deployment, { name }), TypeError);
    await assert.rejects(client.evict({ name }), TypeError);
    await assert.rejects(client.logs({ name }), TypeError);
    await assert.rejects(client.exec({ name }, { command: ['id'] }), TypeError);
    await assert.rejects(client.portForward({ name }, 80), TypeError);
  }
  assert.equal(transport.requests.length, 1);
});

test('replaces the object, and its status apart', async () => {
  const { client, transport } = scripted([{ body: stored }, { body: stored }]);
  await client.update(Deployment, { metadata: ref }, { dryRun: true, fieldManager: 'me' });
  await client.updateStatus(Deployment, { metadata: ref }, { fieldValidation: 'Warn' });
  assert.deepEqual(
    [0, 1].map((index) => {
      const { method, path, query } = transport.sent(index);
      return { method, path, query };
    }),
    [
      {
        method: 'PUT',
        path: '/apis/apps/v1/namespaces/ns/deployments/web',
        query: { dryRun: 'All', fieldManager: 'me', fieldValidation: 'Strict' },
      },
      {
        method: 'PUT',
        path: '/apis/apps/v1/namespaces/ns/deployments/web/status',
        query: { fieldManager: 'kubewright', fieldValidation: 'Warn' },
      },
    ],
  );
});

test('refuses to replace an object without a name', async () => {
  const { client } = scripted([]);
  await assert.rejects(
    client.update(Deployment, { metadata: {} }),
    new TypeError('the Deployment has no metadata.name'),
  );
});

test('patches with the media type of each form', async () => {
  const { client, transport } = scripted([{ body: stored }, { body: stored }, { body: stored }]);
  const operations = [{ op: 'add', path: '/data/x', value: 'y' }] as const;
  await client.patch(ConfigMap, ref, { type: 'json', operations });
  await client.patch(ConfigMap, ref, { type: 'merge', body: { data: null } });
  await client.patch(
    ConfigMap,
    ref,
    { type: 'strategic', body: { data: {} } },
    { subresource: 'status' },
  );
  assert.deepEqual(
    [0, 1, 2].map((index) => {
      const { method, path, headers, body } = transport.sent(index);
      return [method, path, headers['content-type'], body];
    }),
    [
      [
        'PATCH',
        '/api/v1/namespaces/ns/configmaps/web',
        'application/json-patch+json',
        [{ op: 'add', path: '/data/x', value: 'y' }],
      ],
      [
        'PATCH',
        '/api/v1/namespaces/ns/configmaps/web',
        'application/merge-patch+json',
        { data: null },
      ],
      [
        'PATCH',
        '/api/v1/namespaces/ns/configmaps/web/status',
        'application/strategic-merge-patch+json',
        { data: {} },
      ],
    ],
  );
});

test('applies what one field manager wants, by force only when asked', async () => {
  const { client, transport } = scripted([{ body: stored }, { body: stored }]);
  const wanted = { metadata: { name: 'web', namespace: 'ns' }, spec: { replicas: 2 } } as const;
  await client.apply(Deployment, wanted, { fieldManager: 'me', force: true });
  await client.apply(Deployment, wanted, { force: false });
  const { path, query, headers, body } = transport.sent(0);
  assert.equal(path, '/apis/apps/v1/namespaces/ns/deployments/web');
  assert.deepEqual(query, { fieldManager: 'me', fieldValidation: 'Strict', force: 'true' });
  assert.equal(headers['content-type'], 'application/apply-patch+yaml');
  assert.deepEqual(body, { ...wanted, apiVersion: 'apps/v1', kind: 'Deployment' });
  assert.deepEqual(transport.sent(1).query, {
    fieldManager: 'kubewright',
    fieldValidation: 'Strict',
  });
});

test('lets an apply leave out what a whole object must have', () => {
  const { client } = scripted([]);
  const check = (): unknown => [
    client.apply(Deployment, { metadata: { name: 'a' }, spec: { template: {} } }),
    // @ts-expect-error without a name there is nothing to apply to
    client.apply(Deployment, { metadata: {} }),
    // @ts-expect-error a misspelt field
    client.apply(Deployment, { metadata: { name: 'a' }, spec: { replica: 1 } }),
  ];
  assert.equal(typeof check, 'function');
});

test('refuses a field that the kind does not have, when it is compiled', () => {
  const { client } = scripted([]);
  const check = (): unknown => [
    // @ts-expect-error a misspelt field
    client.create(ConfigMap, { metadata: { name: 'a' }, dta: {} }),
    // @ts-expect-error a field of the wrong type
    client.update(ConfigMap, { metadata: { name: 'a' }, data: { a: 1 } }),
  ];
  assert.equal(typeof check, 'function');
});

test('deletes with preconditions, propagation and grace period', async () => {
  const { client, transport } = scripted([{ body: { kind: 'Status', status: 'Success' } }]);
  const answer = await client.delete(Pod, ref, {
    gracePeriodSeconds: 0,
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u', resourceVersion: '7' },
    dryRun: true,
  });
  assert.deepEqual(answer, { kind: 'Status', status: 'Success' });
  const { method, path, body } = transport.sent();
  assert.deepEqual(
    { method, path, body },
    {
      method: 'DELETE',
      path: '/api/v1/namespaces/ns/pods/web',
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        propagationPolicy: 'Foreground',
        preconditions: { uid: 'u', resourceVersion: '7' },
        dryRun: ['All'],
      },
    },
  );
});

test('deletes a selection in one namespace', async () => {
  const { client, transport } = scripted([{ body: {} }]);
  await client.deleteAllOf(Pod, {
    namespace: 'ns',
    labelSelector: 'a in (b,c)',
    fieldSelector: 'status.phase=Failed',
  });
  const { method, path, query } = transport.sent();
  assert.deepEqual(
    { method, path, query },
    {
      method: 'DELETE',
      path: '/api/v1/namespaces/ns/pods',
      query: { labelSelector: 'a in (b,c)', fieldSelector: 'status.phase=Failed' },
    },
  );
});

test('evicts through the subresource, with the options of the deletion', async () => {
  const { client, transport } = scripted([{ status: 201, body: { kind: 'Status' } }]);
  await client.evict(ref, { gracePeriodSeconds: 5, preconditions: { uid: 'u' } });
  const { method, path, body } = transport.sent();
  assert.deepEqual(
    { method, path, body },
    {
      method: 'POST',
      path: '/api/v1/namespaces/ns/pods/web/eviction',
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'web', namespace: 'ns' },
        deleteOptions: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          gracePeriodSeconds: 5,
          preconditions: { uid: 'u' },
        },
      },
    },
  );
});

test('reads, replaces and changes the scale of an object', async () => {
  const scale = {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      name: 'web',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '',
    },
    spec: { replicas: 2 },
  };
  const { client, transport } = scripted([{ body: scale }, { body: scale }, { body: scale }]);
  const read = await client.getScale(Deployment, ref);
  assert.equal(read.spec?.replicas, 2);
  await client.updateScale(Deployment, read);
  await client.setScale(Deployment, ref, 4);
  assert.deepEqual(
    [0, 1, 2].map((index) => {
      const { method, path, body } = transport.sent(index);
      return [method, path, body];
    }),
    [
      ['GET', '/apis/apps/v1/namespaces/ns/deployments/web/scale', undefined],
      ['PUT', '/apis/apps/v1/namespaces/ns/deployments/web/scale', scale],
      ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/web/scale', { spec: { replicas: 4 } }],
    ],
  );
});
