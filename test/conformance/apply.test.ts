import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ConfigMap,
  Deployment,
  isConflict,
  Service,
  type KubernetesObject,
  type ManagedFieldsEntry,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

const byManager = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): number =>
  (a.manager ?? '') < (b.manager ?? '') ? -1 : 1;

describeOnEachServer('server-side apply', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  const apply = (
    name: string,
    fieldManager: string,
    data: Record<string, string>,
    force = false,
  ): Promise<Stored<ConfigMap>> =>
    client.apply(ConfigMap, { metadata: { name, namespace }, data }, { fieldManager, force });
  /** Who owns what, by manager: operation, subresource, fields. The server sorts them by the second of their time. */
  const owners = ({ metadata }: KubernetesObject): unknown[][] =>
    (metadata.managedFields ?? [])
      .toSorted(byManager)
      .map((entry) => [
        entry.manager,
        entry.operation,
        ...(entry.subresource === undefined ? [] : [entry.subresource]),
        entry.fieldsV1,
      ]);

  test('records who applied which fields', async () => {
    const applied = await apply('record', 'one', { a: '1' });
    assert.deepEqual(owners(applied), [['one', 'Apply', { 'f:data': { 'f:a': {} } }]]);
    const [entry] = applied.metadata.managedFields ?? [];
    assert.equal(entry?.apiVersion, 'v1');
    assert.equal(entry.fieldsType, 'FieldsV1');
    assert.match(entry.time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('creates one object, and the same for all, however many apply at once', async () => {
    const managers = Array.from({ length: 8 }, (_, index) => `racer-${index}`);
    const applied = await Promise.all(
      managers.map((manager) => apply('raced', manager, { [manager]: 'here' })),
    );
    assert.equal(new Set(applied.map(({ metadata }) => metadata.uid)).size, 1);
    const { data } = await client.get(ConfigMap, { namespace, name: 'raced' });
    assert.deepEqual(Object.keys(data ?? {}).sort(), managers);
  });

  test('records an update beside what was applied', async () => {
    const applied = await apply('mixed', 'one', { a: '1' });
    const updated = await client.update(
      ConfigMap,
      { ...applied, data: { a: '1', b: '2' } },
      { fieldManager: 'two' },
    );
    assert.deepEqual(owners(updated), [
      ['one', 'Apply', { 'f:data': { 'f:a': {} } }],
      ['two', 'Update', { 'f:data': { 'f:b': {} } }],
    ]);
  });

  test('takes a field from its applier when an update changes it', async () => {
    const applied = await apply('taken', 'one', { a: '1', b: '1' });
    const updated = await client.update(
      ConfigMap,
      { ...applied, data: { a: '2', b: '1' } },
      { fieldManager: 'two' },
    );
    assert.deepEqual(owners(updated), [
      ['one', 'Apply', { 'f:data': { 'f:b': {} } }],
      ['two', 'Update', { 'f:data': { 'f:a': {} } }],
    ]);
    const error = await refusalOf(apply('taken', 'one', { a: '1', b: '1' }));
    assert.ok(isConflict(error));
    assert.equal(
      error.status.message,
      'Apply failed with 1 conflict: conflict with "two" using v1: .data.a',
    );
  });

  test('changes nothing when the same is applied again', async () => {
    const first = await apply('again', 'one', { a: '1' });
    const second = await apply('again', 'one', { a: '1' });
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });

  test('shares a field among all who apply the same value, and keeps it until the last lets go', async () => {
    await apply('shared', 'one', { a: '1' });
    const both = await apply('shared', 'two', { a: '1' });
    assert.deepEqual(owners(both), [
      ['one', 'Apply', { 'f:data': { 'f:a': {} } }],
      ['two', 'Apply', { 'f:data': { 'f:a': {} } }],
    ]);
    assert.deepEqual((await apply('shared', 'one', {})).data, { a: '1' });
    assert.equal((await apply('shared', 'two', {})).data, undefined);
  });

  test('names all conflicts, each with its owner', async () => {
    await apply('many', 'one', { a: '1' });
    await apply('many', 'two', { b: '1' });
    const error = await refusalOf(apply('many', 'three', { a: '2', b: '2' }));
    assert.equal(
      error.status.message,
      'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\nconflicts with "two":\n- .data.b',
    );
    const causes = error.status.details?.causes?.map(({ field, message }) => [field, message]);
    assert.deepEqual(causes?.toSorted(), [
      ['.data.a', 'conflict with "one"'],
      ['.data.b', 'conflict with "two"'],
    ]);
  });

  test('moves ownership by force', async () => {
    await apply('forced', 'one', { a: '1' });
    const forced = await apply('forced', 'two', { a: '2' }, true);
    assert.deepEqual(owners(forced), [['two', 'Apply', { 'f:data': { 'f:a': {} } }]]);
  });

  test('merges lists by their keys, and tells containers, ports and conditions apart', async () => {
    const containers = (image: string, extra: object[] = []): object => ({
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }, ...extra],
        },
      },
    });
    const applied = (fieldManager: string, spec: object): Promise<Stored<Deployment>> =>
      client.apply(Deployment, { metadata: { name: 'lists', namespace }, spec }, { fieldManager });
    await applied('one', containers('web:1'));
    const sidecar = {
      template: { spec: { containers: [{ name: 'proxy', image: 'proxy:1' }] } },
    };
    const both = await applied('two', sidecar);
    assert.deepEqual(
      both.spec?.template.spec?.containers.map(({ name, image }) => [name, image]),
      [
        ['web', 'web:1'],
        ['proxy', 'proxy:1'],
      ],
    );
    const ofTwo = both.metadata.managedFields?.find(({ manager }) => manager === 'two');
    assert.deepEqual(ofTwo?.fieldsV1, {
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': { 'k:{"name":"proxy"}': { '.': {}, 'f:image': {}, 'f:name': {} } },
          },
        },
      },
    });
    const without = await applied('two', { template: { spec: { containers: [] } } });
    assert.deepEqual(
      without.spec?.template.spec?.containers.map(({ name }) => name),
      ['web'],
    );
    const ofOne = without.metadata.managedFields?.find(({ manager }) => manager === 'one');
    assert.match(
      JSON.stringify(ofOne?.fieldsV1),
      /"k:\{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"\}"/,
    );
  });

  test('keeps ports of one number apart by their protocol', async () => {
    const port = (name: string, protocol: string): Promise<Stored<Service>> =>
      client.apply(
        Service,
        {
          metadata: { name: 'dns', namespace },
          spec: { ports: [{ name, port: 53, protocol }] },
        },
        { fieldManager: name },
      );
    await port('udp', 'UDP');
    const both = await port('tcp', 'TCP');
    assert.deepEqual(both.spec?.ports?.map(({ name, protocol }) => [name, protocol]).sort(), [
      ['tcp', 'TCP'],
      ['udp', 'UDP'],
    ]);
  });

  test('tracks status apart from the rest', async () => {
    const labels = { app: 'tracked' };
    const created = await client.create(
      Deployment,
      {
        metadata: { name: 'tracked', namespace },
        spec: {
          // Nobody but this test writes a status: controllers leave a paused, foreign selector to itself.
          replicas: 0,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'app', image: 'app:1' }] },
          },
        },
      },
      { fieldManager: 'maker' },
    );
    const reported = await client.patch(
      Deployment,
      { namespace, name: created.metadata.name },
      {
        type: 'merge',
        body: {
          status: { conditions: [{ type: 'Custom', status: 'True', reason: 'R', message: 'm' }] },
        },
      },
      { subresource: 'status', fieldManager: 'reporter' },
    );
    const entry = reported.metadata.managedFields?.find(({ manager }) => manager === 'reporter');
    assert.equal(entry?.subresource, 'status');
    assert.equal(entry.operation, 'Update');
    assert.ok('f:status' in (entry.fieldsV1 ?? {}));
  });

  test('forgets all owners when they are emptied, and counts the next apply from there', async () => {
    await apply('emptied', 'one', { a: '1' });
    const emptied = await client.patch(
      ConfigMap,
      { namespace, name: 'emptied' },
      { type: 'merge', body: { metadata: { managedFields: [{}] } } },
    );
    assert.equal(emptied.metadata.managedFields, undefined);
    const next = await apply('emptied', 'two', { b: '1' });
    assert.deepEqual(owners(next), [
      ['before-first-apply', 'Update', { 'f:data': { '.': {}, 'f:a': {} } }],
      ['two', 'Apply', { 'f:data': { 'f:b': {} } }],
    ]);
  });

  test('refuses an apply without a field manager, and managedFields in what is applied', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/anonymous`;
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'anonymous' },
    });
    const anonymous = await refusalOf(client.raw({ method: 'PATCH', path, headers, body }));
    assert.equal(anonymous.code, 422);
    assert.deepEqual(anonymous.status.details?.causes, [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: is required for apply patch',
        field: 'fieldManager',
      },
    ]);
    const withFields = await refusalOf(
      client.apply(
        ConfigMap,
        { metadata: { name: 'anonymous', namespace, managedFields: [{ manager: 'x' }] } },
        { fieldManager: 'one' },
      ),
    );
    assert.equal(withFields.code, 400);
    assert.match(withFields.message, /metadata\.managedFields must be nil/);
  });

  test('takes YAML too, and applies to a version only if that is still the latest', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/yaml?fieldManager=one`;
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const made = await client.rawJson<Stored<ConfigMap>>({
      method: 'PATCH',
      path,
      headers,
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "yes"\n',
    });
    assert.deepEqual(made.data, { a: 'yes' });
    const stale = await refusalOf(
      client.apply(
        ConfigMap,
        { metadata: { name: 'yaml', namespace, resourceVersion: '1' }, data: {} },
        { fieldManager: 'one' },
      ),
    );
    assert.ok(isConflict(stale));
  });

  test('asks for the name in the body of what is made, and not of what is there', async () => {
    const group = `${namespace}.example.com`;
    const schema = {
      openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    };
    const definition = { name: `things.${group}` };
    await environment().install({
      metadata: definition,
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    const applyTo = (path: string, body: object): Promise<KubernetesObject> =>
      client.rawJson({
        method: 'PATCH',
        path: `${path}?fieldManager=one`,
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify(body),
      });
    const things = `/apis/${group}/v1/namespaces/${namespace}/things`;
    const thing = { apiVersion: `${group}/v1`, kind: 'Thing', metadata: {}, spec: { size: 1 } };
    const unnamed = await refusalOf(applyTo(`${things}/first`, thing));
    assert.equal(unnamed.code, 400);
    assert.match(unnamed.message, /name must be provided/);
    await applyTo(`${things}/first`, { ...thing, metadata: { name: 'first' } });
    const again = await applyTo(`${things}/first`, { ...thing, spec: { size: 2 } });
    assert.equal(again.metadata.name, 'first');

    await apply('named', 'one', { a: '1' });
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { a: '2' } };
    const path = `/api/v1/namespaces/${namespace}/configmaps/named`;
    assert.equal((await applyTo(path, map)).metadata.name, 'named');
    const emptied = await refusalOf(applyTo(path, { ...map, metadata: { name: '' } }));
    assert.equal(emptied.code, 400);
    // Its manager gives up the labels, and all other metadata with them.
    await applyTo(path, { ...map, metadata: { name: 'named', labels: { a: 'b' } } });
    const { metadata: _metadata, ...bare } = map;
    assert.equal((await refusalOf(applyTo(path, bare))).code, 400);
    assert.equal((await applyTo(path, map)).metadata.labels, undefined);
    await applyTo(path, bare);
    const other = `/api/v1/namespaces/${namespace}/configmaps/unnamed`;
    assert.equal((await refusalOf(applyTo(other, map))).code, 400);
  });

  test('shares the replicas of an object among those who apply its scale', async () => {
    const labels = { app: 'applied-scale' };
    const spec = { containers: [{ name: 'app', image: 'app' }] };
    await client.create(Deployment, {
      metadata: { name: 'scaled', namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/scaled/scale`;
    const applyScale = (fieldManager: string, replicas: number, force = false) =>
      client.rawJson<{ readonly kind: string; readonly spec: { readonly replicas?: number } }>({
        method: 'PATCH',
        path: `${path}?fieldManager=${fieldManager}&force=${String(force)}`,
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify({
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'scaled' },
          spec: { replicas },
        }),
      });
    const scaleOwners = async (): Promise<string[]> => {
      const { metadata } = await client.get(Deployment, { namespace, name: 'scaled' });
      return (metadata.managedFields ?? [])
        .filter(({ subresource }) => subresource === 'scale')
        .map((entry) => `${entry.manager ?? ''} ${entry.operation ?? ''} ${entry.apiVersion ?? ''}`)
        .sort();
    };
    const refused = await refusalOf(applyScale('one', 1));
    assert.equal(refused.code, 409);
    assert.match(refused.message, /using autoscaling\/v1: \.spec\.replicas$/);
    assert.equal((await applyScale('one', 1, true)).spec.replicas, 1);
    assert.equal((await applyScale('two', 1)).kind, 'Scale');
    assert.deepEqual(await scaleOwners(), ['one Apply apps/v1', 'two Apply apps/v1']);
    assert.equal(
      (await refusalOf(applyScale('two', 2))).status.message,
      'Apply failed with 1 conflict: conflict with "one" with subresource "scale": .spec.replicas',
    );
    await client.delete(Deployment, { namespace, name: 'scaled' });
  });
});
