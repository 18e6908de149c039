import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ConfigMap,
  isConflict,
  isForbidden,
  isNotFound,
  Namespace,
  Pod,
  type OwnerReference,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode } from './played-node.ts';
import { refusalOf } from './refusal.ts';
import { untilGone, untilObject } from './until-object.ts';

describeOnEachServer('deletion', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  const ownerOf = (
    { kind, apiVersion, metadata }: Stored<ConfigMap>,
    blocks = false,
  ): OwnerReference => ({
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    blockOwnerDeletion: blocks,
  });
  const make = (
    name: string,
    extra: { owners?: OwnerReference[]; finalizers?: string[] } = {},
  ): Promise<Stored<ConfigMap>> =>
    client.create(ConfigMap, {
      metadata: {
        name,
        namespace,
        ...(extra.owners === undefined ? {} : { ownerReferences: extra.owners }),
        ...(extra.finalizers === undefined ? {} : { finalizers: extra.finalizers }),
      },
    });
  const read = (name: string): Promise<Stored<ConfigMap>> =>
    client.get(ConfigMap, { namespace, name });
  const gone = (name: string): Promise<void> => untilGone(client, ConfigMap, { namespace, name });
  const setFinalizers = (name: string, finalizers: string[]): Promise<Stored<ConfigMap>> =>
    client.patch(
      ConfigMap,
      { namespace, name },
      { type: 'merge', body: { metadata: { finalizers } } },
    );
  const hold = ['example.com/hold'];

  test('marks an object with finalizers once, and keeps the time of the first deletion', async () => {
    const made = await make('marked', { finalizers: hold });
    await client.delete(ConfigMap, { namespace, name: 'marked' });
    const first = await read('marked');
    assert.ok(first.metadata.deletionTimestamp);
    assert.equal(first.metadata.deletionGracePeriodSeconds, 0);
    assert.notEqual(first.metadata.resourceVersion, made.metadata.resourceVersion);
    await client.delete(ConfigMap, { namespace, name: 'marked' });
    assert.equal((await read('marked')).metadata.resourceVersion, first.metadata.resourceVersion);
    await setFinalizers('marked', []);
    await gone('marked');
  });

  test('allows finalizers to go, but none to come, once an object is being deleted', async () => {
    await make('closing', { finalizers: [...hold, 'example.com/other'] });
    await client.delete(ConfigMap, { namespace, name: 'closing' });
    await setFinalizers('closing', hold);
    const error = await refusalOf(setFinalizers('closing', [...hold, 'example.com/late']));
    assert.equal(error.code, 422);
    assert.equal(error.status.details?.causes?.[0]?.field, 'metadata.finalizers');
    assert.match(
      error.message,
      /Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers/,
    );
    await setFinalizers('closing', []);
    await gone('closing');
  });

  test('can make an object of the same name only when the old one is gone', async () => {
    const first = await make('renewed', { finalizers: hold });
    await client.delete(ConfigMap, { namespace, name: 'renewed' });
    const early = await refusalOf(make('renewed'));
    assert.equal(early.reason, 'AlreadyExists');
    assert.match(early.message, /object is being deleted: configmaps "renewed" already exists/);
    await setFinalizers('renewed', []);
    const second = await make('renewed');
    assert.notEqual(second.metadata.uid, first.metadata.uid);
  });

  test('deletes only the uid and the version it is meant for, and says which it found', async () => {
    const made = await make('meant');
    const ref = { namespace, name: 'meant' };
    const other = '11111111-2222-3333-4444-555555555555';
    const byUid = await refusalOf(client.delete(ConfigMap, ref, { preconditions: { uid: other } }));
    assert.ok(isConflict(byUid));
    assert.equal(
      byUid.status.message,
      `Operation cannot be fulfilled on ConfigMap "meant": the UID in the precondition (${other}) does not match the UID in record (${made.metadata.uid}). The object might have been deleted and then recreated`,
    );
    const byVersion = await refusalOf(
      client.delete(ConfigMap, ref, { preconditions: { resourceVersion: '1' } }),
    );
    assert.ok(isConflict(byVersion));
    await client.delete(ConfigMap, ref, {
      preconditions: { resourceVersion: made.metadata.resourceVersion },
    });
    assert.ok(isNotFound(await refusalOf(read('meant'))));
  });

  test('deletes what is owned after its owner, in the background', async () => {
    const owner = await make('bg-owner');
    const child = await make('bg-child', { owners: [ownerOf(owner)] });
    await make('bg-grandchild', { owners: [ownerOf(child)] });
    await client.delete(
      ConfigMap,
      { namespace, name: 'bg-owner' },
      { propagationPolicy: 'Background' },
    );
    await Promise.all(['bg-owner', 'bg-child', 'bg-grandchild'].map(gone));
  });

  test('keeps an owner in the foreground until what blocks it is gone', async () => {
    const owner = await make('fg-owner');
    await make('fg-child', { owners: [ownerOf(owner, true)], finalizers: hold });
    await client.delete(
      ConfigMap,
      { namespace, name: 'fg-owner' },
      { propagationPolicy: 'Foreground' },
    );
    const waiting = await read('fg-owner');
    assert.deepEqual(waiting.metadata.finalizers, ['foregroundDeletion']);
    await untilObject(
      client,
      ConfigMap,
      { namespace, name: 'fg-child' },
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    assert.ok((await read('fg-owner')).metadata.deletionTimestamp);
    await setFinalizers('fg-child', []);
    await gone('fg-child');
    await gone('fg-owner');
  });

  test('leaves orphans without their owner, and alive', async () => {
    const owner = await make('orphan-owner');
    const other = await make('orphan-other');
    await make('orphan-child', { owners: [ownerOf(owner), ownerOf(other)] });
    await client.delete(
      ConfigMap,
      { namespace, name: 'orphan-owner' },
      { propagationPolicy: 'Orphan' },
    );
    await gone('orphan-owner');
    const child = await read('orphan-child');
    assert.deepEqual(
      child.metadata.ownerReferences?.map(({ name }) => name),
      ['orphan-other'],
    );
  });

  test('keeps what another living owner has, and takes the dead one off', async () => {
    const [dead, alive] = [await make('two-dead'), await make('two-alive')];
    await make('two-child', { owners: [ownerOf(dead), ownerOf(alive)] });
    await client.delete(ConfigMap, { namespace, name: 'two-dead' });
    const child = await untilObject(
      client,
      ConfigMap,
      { namespace, name: 'two-child' },
      ({ metadata }) => metadata.ownerReferences?.length === 1,
    );
    assert.equal(child.metadata.ownerReferences?.[0]?.uid, alive.metadata.uid);
    await client.delete(ConfigMap, { namespace, name: 'two-alive' });
    await gone('two-child');
  });

  test('collects what was made for an owner that never was', async () => {
    const owner = await make('never-owner');
    const absent = { ...ownerOf(owner), uid: '11111111-2222-3333-4444-555555555555' };
    await make('never-child', { owners: [absent] });
    await gone('never-child');
    assert.ok(await read('never-owner'));
  });

  test('gives a pod on a node its grace, and removes it at once when asked', async () => {
    await using node = await PlayedNode.start(client, `${namespace}-node`);
    const pod = (name: string): Pod => ({
      metadata: { name, namespace },
      spec: {
        nodeName: node.name,
        terminationGracePeriodSeconds: 600,
        containers: [{ name: 'app', image: 'app:1' }],
      },
    });
    await client.create(Pod, pod('graceful'));
    const ref = { namespace, name: 'graceful' };
    await client.delete(Pod, ref);
    const first = await client.get(Pod, ref);
    assert.equal(first.metadata.deletionGracePeriodSeconds, 600);
    // The time is that of the end of the grace, and a shorter grace moves it forward.
    await client.delete(Pod, ref, { gracePeriodSeconds: 5 });
    const sooner = await client.get(Pod, ref);
    assert.equal(sooner.metadata.deletionGracePeriodSeconds, 5);
    assert.ok((sooner.metadata.deletionTimestamp ?? '') < (first.metadata.deletionTimestamp ?? ''));
    await client.delete(Pod, ref, { gracePeriodSeconds: 0 });
    assert.ok(isNotFound(await refusalOf(client.get(Pod, ref))));
  });

  test('empties a namespace that is deleted, and takes nothing new into it', async () => {
    const doomed = await environment().newNamespace();
    await client.create(ConfigMap, {
      metadata: { name: 'held', namespace: doomed, finalizers: hold },
    });
    await client.create(ConfigMap, { metadata: { name: 'plain', namespace: doomed } });
    await client.delete(Namespace, { name: doomed });
    const terminating = await client.get(Namespace, { name: doomed });
    assert.equal(terminating.status?.phase, 'Terminating');
    const late = await refusalOf(
      client.create(ConfigMap, { metadata: { name: 'late', namespace: doomed } }),
    );
    assert.ok(isForbidden(late));
    assert.match(
      late.message,
      /configmaps "late" is forbidden: unable to create new content in namespace \S+ because it is being terminated/,
    );
    assert.deepEqual(
      late.status.details?.causes?.map(({ reason, field }) => [reason, field]),
      [['NamespaceTerminating', 'metadata.namespace']],
    );
    await untilGone(client, ConfigMap, { namespace: doomed, name: 'plain' });
    await untilObject(
      client,
      ConfigMap,
      { namespace: doomed, name: 'held' },
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    await client.patch(
      ConfigMap,
      { namespace: doomed, name: 'held' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await untilGone(client, Namespace, { name: doomed });
  });

  test('deletes the pods of a namespace first, and lets all else wait for them', async () => {
    const doomed = await environment().newNamespace();
    const pod = { namespace: doomed, name: 'held' };
    const plain = { namespace: doomed, name: 'plain' };
    await client.create(Pod, {
      metadata: { ...pod, finalizers: hold },
      spec: { schedulerName: 'nobody', containers: [{ name: 'app', image: 'app' }] },
    });
    await client.create(ConfigMap, { metadata: plain });
    await client.delete(Namespace, { name: doomed });
    await untilObject(client, Pod, pod, ({ metadata }) => metadata.deletionTimestamp !== undefined);
    // Written when the controller has looked at all that it looks at.
    await untilObject(
      client,
      Namespace,
      { name: doomed },
      ({ status }) => (status?.conditions ?? []).length > 0,
    );
    const { metadata } = await client.get(ConfigMap, plain);
    assert.equal(metadata.deletionTimestamp, undefined);
    await client.patch(Pod, pod, { type: 'merge', body: { metadata: { finalizers: null } } });
    await untilGone(client, Namespace, { name: doomed });
  });
});
