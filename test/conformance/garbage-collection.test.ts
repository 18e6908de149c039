import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ClusterRole,
  ConfigMap,
  CustomResourceDefinition,
  defineResource,
  Event,
  type KubernetesObject,
  type OwnerReference,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { untilCollectorKnows } from './controllers-know.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { untilGone, untilState } from './until-object.ts';

describeOnEachServer('owners of custom kinds', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  const ref = (name: string) => ({ namespace, name });
  const gone = (name: string): Promise<void> => untilGone(client, ConfigMap, ref(name));

  /** A definition of its own for each test, and its kind in its versions. */
  async function define(
    group: string,
    names: readonly string[],
  ): Promise<{ definition: Stored<CustomResourceDefinition>; kinds: Resource[] }> {
    const definition = await client.create(CustomResourceDefinition, {
      metadata: { name: `owners.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Owner', plural: 'owners' },
        versions: versions(names, names[0] ?? ''),
      },
    });
    await untilServed(client, [definition]);
    const kinds = names.map((version) =>
      defineResource({ group, version, kind: 'Owner', plural: 'owners', scope: 'Namespaced' }),
    );
    return { definition, kinds };
  }

  const versions = (names: readonly string[], served: string) =>
    names.map((name) => ({
      name,
      served: name === served,
      storage: name === served,
      schema: { openAPIV3Schema: { type: 'object' } },
    }));

  async function dependent(
    name: string,
    { kind, apiVersion, metadata: owner }: Stored<KubernetesObject>,
  ): Promise<void> {
    const ownerReferences = [{ apiVersion, kind, name: owner.name, uid: owner.uid }];
    await client.create(ConfigMap, { metadata: { ...ref(name), ownerReferences } });
  }

  /** Returns when the collector knows a kind: what belonged to one of its objects is gone with it. */
  async function untilKnown(kind: Resource): Promise<void> {
    const owner = await client.create(kind, { metadata: { namespace, generateName: 'known-' } });
    const { name } = owner.metadata;
    await dependent(name, owner);
    await client.delete(kind, ref(name));
    await gone(name);
  }

  test('are followed when their definition goes on to another version', async () => {
    const group = `moved.${namespace}.example.com`;
    const { definition, kinds } = await define(group, ['v1alpha1', 'v1']);
    const [Alpha, Stable] = kinds as [Resource, Resource];
    try {
      await client.create(Alpha, { metadata: ref('old') });
      await untilKnown(Alpha);
      const moved = await client.patch(CustomResourceDefinition, definition.metadata, {
        type: 'merge',
        body: { spec: { versions: versions(['v1alpha1', 'v1'], 'v1') } },
      });
      await untilServed(client, [moved]);
      const young = await client.create(Stable, { metadata: ref('young') });
      await dependent('of-young', young);
      // By the version that is served now: what names the other one is at the mercy of what a real collector knows.
      await dependent('of-old', await client.get(Stable, ref('old')));
      await untilCollectorKnows(client, ConfigMap, namespace, { metadata: {} });
      await untilKnown(Stable);
      const { items } = await client.list(ConfigMap, { namespace });
      assert.deepEqual(
        items.map(({ metadata: { name } }) => name).filter((name) => name.includes('of-')),
        ['of-old', 'of-young'],
      );
      await client.delete(Stable, ref('old'));
      await gone('of-old');
      await client.delete(Stable, ref('young'));
      await gone('of-young');
    } finally {
      await client.delete(CustomResourceDefinition, definition.metadata);
    }
  });

  test('are found by every version that is served, also by one that is not preferred', async () => {
    const { definition, kinds } = await define(`two.${namespace}.example.com`, ['v1', 'v1beta1']);
    const [Stable, Beta] = kinds as [Resource, Resource];
    const both = versions(['v1', 'v1beta1'], 'v1').map((version) => ({ ...version, served: true }));
    const served = await client.patch(CustomResourceDefinition, definition.metadata, {
      type: 'merge',
      body: { spec: { versions: both } },
    });
    try {
      await untilServed(client, [served]);
      await untilKnown(Stable);
      const owner = await client.create(Stable, { metadata: ref('in-two') });
      await dependent('by-stable', owner);
      await dependent('by-beta', await client.get(Beta, ref('in-two')));
      await untilCollectorKnows(client, ConfigMap, namespace, { metadata: {} });
      await client.get(ConfigMap, ref('by-beta'));
      await client.delete(Stable, ref('in-two'));
      await Promise.all(['by-stable', 'by-beta'].map(gone));
    } finally {
      await client.delete(CustomResourceDefinition, definition.metadata);
    }
  });

  test('take their dependents along when their definition is deleted', async () => {
    const { definition, kinds } = await define(`deleted.${namespace}.example.com`, ['v1']);
    const [kind] = kinds as [Resource];
    await untilKnown(kind);
    await dependent('of-defined', await client.create(kind, { metadata: ref('defined') }));
    await untilCollectorKnows(client, ConfigMap, namespace, { metadata: {} });
    await client.delete(CustomResourceDefinition, definition.metadata);
    await gone('of-defined');
  });
});

describeOnEachServer('owner references', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let owner: Stored<ConfigMap>;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    owner = await client.create(ConfigMap, { metadata: { namespace, name: 'owner' } });
  });

  const make = async (
    name: string,
    reference: Partial<OwnerReference>,
    where = namespace,
  ): Promise<void> => {
    const { apiVersion, kind } = owner;
    const ownerReferences = [
      { apiVersion, kind, name: 'owner', uid: owner.metadata.uid, ...reference },
    ];
    await client.create(ConfigMap, { metadata: { namespace: where, name, ownerReferences } });
  };
  const gone = (name: string, where = namespace): Promise<void> =>
    untilGone(client, ConfigMap, { namespace: where, name });

  test('lead nowhere by the uid alone', async () => {
    await make('right', {});
    await make('other-name', { name: 'another' });
    await make('other-kind', { kind: 'Secret' });
    await Promise.all(['other-name', 'other-kind'].map((name) => gone(name)));
    await client.get(ConfigMap, { namespace, name: 'right' });
  });

  test('are left alone when nobody knows the kind', async () => {
    await make('other-group', { apiVersion: 'apps/v1' });
    await make('unknown', { apiVersion: 'nobody.example.com/v1', kind: 'Unknown' });
    await untilCollectorKnows(client, ConfigMap, namespace, { metadata: {} });
    for (const name of ['other-group', 'unknown']) await client.get(ConfigMap, { namespace, name });
  });

  test('never lead to another namespace, and an Event says so', async () => {
    const other = await environment().newNamespace();
    await make('elsewhere', {}, other);
    const [event] = await untilState(client, Event, { namespace: other }, (events) =>
      events.some(({ reason }) => reason === 'OwnerRefInvalidNamespace'),
    );
    await gone('elsewhere', other);
    const { type, message, source, involvedObject } = event ?? {};
    const { uid } = owner.metadata;
    assert.deepEqual(
      [type, message, source?.component, involvedObject?.kind, involvedObject?.name],
      [
        'Warning',
        `ownerRef [v1/ConfigMap, namespace: ${other}, name: owner, uid: ${uid}] does not exist in namespace "${other}"`,
        'garbage-collector-controller',
        'ConfigMap',
        'elsewhere',
      ],
    );
  });

  test('to what has a namespace keep an object that has none', async () => {
    const { apiVersion, kind, metadata } = owner;
    const uid = '11111111-2222-3333-4444-555555555555';
    const makeRole = async (name: string, ownerReferences: OwnerReference[]): Promise<void> => {
      await client.create(ClusterRole, { metadata: { name, ownerReferences }, rules: [] });
    };
    const kept = { name: `${namespace}-kept` };
    await makeRole(kept.name, [
      { apiVersion, kind, name: 'owner', uid: metadata.uid },
      { apiVersion, kind, name: 'nobody', uid },
    ]);
    try {
      const taken = `${namespace}-taken`;
      await makeRole(taken, [{ apiVersion, kind: 'Namespace', name: 'nobody', uid }]);
      await untilGone(client, ClusterRole, { name: taken });
      const { metadata: after } = await client.get(ClusterRole, kept);
      assert.equal(after.ownerReferences?.length, 2);
    } finally {
      await client.delete(ClusterRole, kept);
    }
  });

  test('of a circle keep nobody waiting for ever', async () => {
    const names = ['one', 'two', 'three'];
    const made = await Promise.all(
      names.map((name) => client.create(ConfigMap, { metadata: { namespace, name } })),
    );
    for (const [index, name] of names.entries()) {
      const { metadata } = made[(index + 1) % names.length] as Stored<ConfigMap>;
      const { apiVersion, kind } = owner;
      const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
      const ownerReferences = [{ ...reference, blockOwnerDeletion: true }];
      const change = { type: 'merge', body: { metadata: { ownerReferences } } } as const;
      await client.patch(ConfigMap, { namespace, name }, change);
    }
    await untilCollectorKnows(client, ConfigMap, namespace, { metadata: {} });
    const inForeground = { propagationPolicy: 'Foreground' } as const;
    await client.delete(ConfigMap, { namespace, name: 'one' }, inForeground);
    await Promise.all(names.map((name) => gone(name)));
  });
});
