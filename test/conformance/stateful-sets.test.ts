import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { setPodReady, setPodStatus, withPlayedNode } from './played-node.ts';
import { refusalOf } from './refusal.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';
import { workloadOfEachTest, type Workload } from './workload.ts';

type SetSpec = NonNullable<StatefulSet['spec']>;

describeOnEachServer('StatefulSets', { controllers: true }, (environment) => {
  let workload: Workload<StatefulSet>;
  let client: Client;
  let namespace: string;
  let app: string;
  workloadOfEachTest(environment, StatefulSet, (made) => {
    workload = made;
    ({ client, namespace, name: app } = made);
  });

  const template = (image: string): SetSpec['template'] => {
    const { metadata, spec } = workload.template(image);
    return {
      metadata,
      spec: { containers: [], ...spec, terminationGracePeriodSeconds: 0 },
    };
  };
  const dataClaim = (): PersistentVolumeClaim => ({
    metadata: { name: 'data', labels: { of: 'template' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  });
  const create = (replicas: number, more: Partial<SetSpec> = {}): Promise<Stored<StatefulSet>> =>
    client.create(StatefulSet, {
      metadata: { name: app, namespace },
      spec: {
        replicas,
        serviceName: `${app}-pods`,
        selector: { matchLabels: { app } },
        template: template('app:1'),
        ...more,
      },
    });
  const change = (spec: object): Promise<Stored<StatefulSet>> =>
    client.patch(StatefulSet, workload.ref, { type: 'merge', body: { spec } });
  const setImage = (image: string): Promise<Stored<StatefulSet>> =>
    change({ template: { spec: { containers: [{ name: 'app', image }] } } });
  const untilNames = (...ordinals: number[]): Promise<readonly Stored<Pod>[]> => {
    const wanted = ordinals.map((ordinal) => `${app}-${ordinal}`).sort();
    return workload.untilPods(
      (pods) =>
        pods
          .map(({ metadata }) => metadata.name)
          .sort()
          .join() === wanted.join(),
    );
  };
  const podOf = (ordinal: number): Promise<Stored<Pod>> =>
    client.get(Pod, { namespace, name: `${app}-${ordinal}` });
  const claimRef = (ordinal: number) => ({ namespace, name: `data-${app}-${ordinal}` });
  const isReady =
    (replicas: number) =>
    ({ metadata, status }: Stored<StatefulSet>): boolean =>
      // A real controller may write what it saw of an earlier set of this name, of a later generation.
      (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
      status?.replicas === replicas &&
      (status.updatedReplicas ?? 0) === replicas &&
      (status.availableReplicas ?? 0) === replicas &&
      status.currentRevision === status.updateRevision;
  const rollUntil = (
    isWanted: (set: Stored<StatefulSet>) => boolean,
  ): Promise<Stored<StatefulSet>> =>
    withPlayedNode(client, workload.selection, () => workload.until(isWanted));
  const images = async (): Promise<(string | undefined)[]> => {
    const { items } = await client.list(Pod, workload.selection);
    return items
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .map(({ spec }) => spec?.containers[0]?.image);
  };
  test('gives each pod a lasting identity', async () => {
    const { metadata } = await create(1, { ordinals: { start: 5 } });
    const [pod] = await untilNames(5);
    assert.ok(pod);
    const set = await workload.until(({ status }) => status?.updateRevision !== undefined);
    assert.deepEqual(pod.metadata.labels, {
      app,
      'apps.kubernetes.io/pod-index': '5',
      'controller-revision-hash': set.status?.updateRevision,
      'statefulset.kubernetes.io/pod-name': `${app}-5`,
    });
    assert.equal(pod.metadata.generateName, `${app}-`);
    assert.deepEqual([pod.spec?.hostname, pod.spec?.subdomain], [`${app}-5`, `${app}-pods`]);
    const [owner] = pod.metadata.ownerReferences ?? [];
    assert.deepEqual(
      [owner?.kind, owner?.uid, owner?.controller, owner?.blockOwnerDeletion],
      ['StatefulSet', metadata.uid, true, true],
    );
  });

  test('makes one pod after the other, each when the one before is ready', async () => {
    await create(3);
    await untilNames(0);
    await setPodReady(client, await podOf(0));
    await untilNames(0, 1);
    // The first is in trouble again: the third has to wait for it, too.
    await setPodReady(client, await podOf(0), false);
    await workload.until(({ status }) => (status?.readyReplicas ?? 0) === 0);
    await setPodReady(client, await podOf(1));
    const waiting = await workload.until(({ status }) => status?.readyReplicas === 1);
    assert.equal(waiting.status?.replicas, 2);
    await setPodReady(client, await podOf(0));
    await untilNames(0, 1, 2);
  });

  test('makes and deletes all pods at once when told to work in parallel', async () => {
    await create(3, { podManagementPolicy: 'Parallel' });
    await untilNames(0, 1, 2);
    await change({ replicas: 1 });
    await untilNames(0);
  });

  test('waits until a pod has been ready for minReadySeconds before it goes on', async () => {
    await create(2, { minReadySeconds: 3600 });
    const [first] = await untilNames(0);
    assert.ok(first);
    await setPodReady(client, first);
    const { status } = await workload.until((set) => set.status?.readyReplicas === 1);
    assert.deepEqual([status?.replicas, status?.availableReplicas], [1, 0]);
    await change({ minReadySeconds: 0 });
    await untilNames(0, 1);
  });

  test('scales down from the highest ordinal, one pod at a time', async () => {
    await create(3);
    await rollUntil(isReady(3));
    // A pod that lingers shows who goes first and that nobody follows.
    await client.patch(
      Pod,
      { namespace, name: `${app}-2` },
      { type: 'merge', body: { metadata: { finalizers: ['example.com/linger'] } } },
    );
    await change({ replicas: 1 });
    await untilObject(
      client,
      Pod,
      { namespace, name: `${app}-2` },
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    await workload.until(
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    );
    assert.equal((await podOf(1)).metadata.deletionTimestamp, undefined);
    await client.patch(
      Pod,
      { namespace, name: `${app}-2` },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await untilNames(0);
  });

  test('replaces a pod that was deleted or has failed under the same name', async () => {
    await create(1);
    await rollUntil(isReady(1));
    const first = await podOf(0);
    await client.delete(Pod, { namespace, name: first.metadata.name });
    const [second] = await workload.untilPods(
      ([pod]) => pod !== undefined && pod.metadata.uid !== first.metadata.uid,
    );
    assert.ok(second);
    await setPodStatus(client, second, { phase: 'Failed', reason: 'Evicted' });
    const [third] = await workload.untilPods(
      ([pod]) => pod !== undefined && pod.metadata.uid !== second.metadata.uid,
    );
    assert.equal(third?.metadata.name, first.metadata.name);
  });

  test('makes a claim for each pod, labelled, owned by nobody, and mounted', async () => {
    await create(1, { volumeClaimTemplates: [dataClaim()] });
    const [pod] = await untilNames(0);
    const [claim] = await workload.untilAll(PersistentVolumeClaim, (claims) => claims.length === 1);
    assert.equal(claim?.metadata.name, `data-${app}-0`);
    assert.deepEqual(claim.metadata.labels, { of: 'template', app });
    assert.equal(claim.metadata.ownerReferences, undefined);
    assert.deepEqual(pod?.spec?.volumes?.[0], {
      name: 'data',
      persistentVolumeClaim: { claimName: `data-${app}-0` },
    });
    const notes = await workload.untilNotes((found) => found.length >= 2);
    assert.ok(
      notes.includes(
        `Normal SuccessfulCreate Create Claim data-${app}-0 Pod ${app}-0 in StatefulSet ${app} success`,
      ),
      notes.join('\n'),
    );
  });

  test('keeps the claims of removed pods and of itself, and finds them again', async () => {
    await create(2, { podManagementPolicy: 'Parallel', volumeClaimTemplates: [dataClaim()] });
    const before = await workload.untilAll(PersistentVolumeClaim, (claims) => claims.length === 2);
    await change({ replicas: 0 });
    await untilNames();
    await client.delete(StatefulSet, workload.ref);
    await untilGone(client, StatefulSet, workload.ref);
    await create(2, { podManagementPolicy: 'Parallel', volumeClaimTemplates: [dataClaim()] });
    await untilNames(0, 1);
    const after = await workload.untilAll(PersistentVolumeClaim, (claims) => claims.length === 2);
    const uids = (claims: readonly Stored<PersistentVolumeClaim>[]): string[] =>
      claims.map(({ metadata }) => metadata.uid).sort();
    assert.deepEqual(uids(after), uids(before));
  });

  test('owns claims that are to go with it, and they go', async () => {
    const { metadata } = await create(1, {
      volumeClaimTemplates: [dataClaim()],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
    });
    const claim = await untilObject(
      client,
      PersistentVolumeClaim,
      claimRef(0),
      (found) => found.metadata.ownerReferences !== undefined,
    );
    assert.deepEqual(claim.metadata.ownerReferences, [
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        name: app,
        uid: metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    await client.delete(StatefulSet, workload.ref);
    await untilGone(client, PersistentVolumeClaim, claimRef(0));
  });

  test('gives the claims of removed pods to these, and they go with them', async () => {
    await create(2, {
      podManagementPolicy: 'Parallel',
      volumeClaimTemplates: [dataClaim()],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
    });
    await workload.untilAll(PersistentVolumeClaim, (claims) => claims.length === 2);
    await withPlayedNode(client, workload.selection, () => workload.until(isReady(2)));
    const kept = await client.get(PersistentVolumeClaim, claimRef(0));
    assert.equal(kept.metadata.ownerReferences, undefined);
    await change({ replicas: 1 });
    await untilGone(client, PersistentVolumeClaim, claimRef(1));
    assert.ok(await client.get(PersistentVolumeClaim, claimRef(0)));
  });

  test('updates from the highest ordinal, and waits for each pod to be ready', async () => {
    await create(3);
    const old = await rollUntil(isReady(3));
    await setImage('app:2');
    await workload.untilPods((pods) =>
      pods.some(({ spec }) => spec?.containers[0]?.image === 'app:2'),
    );
    assert.deepEqual(await images(), ['app:1', 'app:1', 'app:2']);
    const halfway = await workload.until(
      ({ status }) => status?.updatedReplicas === 1 && status.currentReplicas === 2,
    );
    assert.equal(halfway.status?.currentRevision, old.status?.currentRevision);
    assert.notEqual(halfway.status?.updateRevision, old.status?.updateRevision);
    assert.deepEqual([halfway.status?.replicas, halfway.status?.readyReplicas], [3, 2]);
    await rollUntil(isReady(3));
    assert.deepEqual(await images(), ['app:2', 'app:2', 'app:2']);
  });

  test('leaves pods below the partition as they are, also when they are made anew', async () => {
    await create(3, {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
    });
    await rollUntil(isReady(3));
    await setImage('app:2');
    await rollUntil(({ status }) => status?.updatedReplicas === 1 && status.readyReplicas === 3);
    const first = await podOf(0);
    await client.delete(Pod, { namespace, name: first.metadata.name });
    await workload.untilPods(
      (pods) =>
        pods.length === 3 && pods.every(({ metadata }) => metadata.uid !== first.metadata.uid),
    );
    assert.deepEqual(await images(), ['app:1', 'app:1', 'app:2']);
  });

  test('updates pods only when they are deleted, if told so', async () => {
    await create(2, { updateStrategy: { type: 'OnDelete' } });
    // Such a set never says that its current revision is the new one.
    const isUp = ({ status }: Stored<StatefulSet>): boolean => status?.availableReplicas === 2;
    await rollUntil(isUp);
    await setImage('app:2');
    await workload.until(({ status }) => status?.currentRevision !== status?.updateRevision);
    assert.deepEqual(await images(), ['app:1', 'app:1']);
    await client.delete(Pod, { namespace, name: `${app}-0` });
    await workload.untilPods(
      (pods) =>
        pods.length === 2 && pods.some(({ spec }) => spec?.containers[0]?.image === 'app:2'),
    );
    assert.deepEqual(await images(), ['app:2', 'app:1']);
  });

  test('keeps its templates as revisions, and takes an old one again for a step back', async () => {
    await create(1);
    await rollUntil(isReady(1));
    const [first] = await untilState(
      client,
      ControllerRevision,
      workload.selection,
      (found) => found.length === 1,
    );
    assert.ok(first);
    const data = first.data as { spec: { template: Record<string, unknown> } }; // as the API documents it
    assert.equal(data.spec.template['$patch'], 'replace');
    assert.equal(first.metadata.ownerReferences?.[0]?.name, app);
    await setImage('app:2');
    await rollUntil(isReady(1));
    await setImage('app:1');
    const undone = await rollUntil(isReady(1));
    assert.equal(undone.status?.updateRevision, first.metadata.name);
    const revisions = await untilState(
      client,
      ControllerRevision,
      workload.selection,
      (found) => found.length === 2,
    );
    const again = revisions.find(({ metadata }) => metadata.uid === first.metadata.uid);
    assert.equal(again?.revision, 3);
  });

  test('keeps no more unused revisions than its history limit', async () => {
    await create(1, { revisionHistoryLimit: 1 });
    await rollUntil(isReady(1));
    for (const image of ['app:2', 'app:3', 'app:4']) {
      await setImage(image);
      await rollUntil(isReady(1));
    }
    const revisions = await untilState(
      client,
      ControllerRevision,
      workload.selection,
      (found) => found.length === 2,
    );
    assert.deepEqual(revisions.map(({ revision }) => revision).toSorted(), [3, 4]);
  });

  test('adopts a pod that bears one of its names, and leaves others alone', async () => {
    const labels = { app };
    const spec = template('app:0').spec ?? { containers: [] };
    const named = await client.create(Pod, {
      metadata: { name: `${app}-0`, namespace, labels },
      spec,
    });
    const other = await client.create(Pod, {
      metadata: { name: `other-${app}`, namespace, labels },
      spec,
    });
    const { metadata } = await create(1, { updateStrategy: { type: 'OnDelete' } });
    const adopted = await untilObject(
      client,
      Pod,
      { namespace, name: `${app}-0` },
      (pod) => pod.metadata.ownerReferences !== undefined,
    );
    assert.equal(adopted.metadata.uid, named.metadata.uid);
    assert.equal(adopted.metadata.ownerReferences?.[0]?.uid, metadata.uid);
    await setPodReady(client, adopted);
    // It gets the labels it lacks.
    const labelled = await untilObject(
      client,
      Pod,
      { namespace, name: `${app}-0` },
      (pod) => pod.metadata.labels?.['apps.kubernetes.io/pod-index'] === '0',
    );
    assert.equal(labelled.metadata.labels?.['statefulset.kubernetes.io/pod-name'], `${app}-0`);
    const left = await client.get(Pod, { namespace, name: other.metadata.name });
    assert.equal(left.metadata.ownerReferences, undefined);
  });

  test('releases a pod whose labels no longer match, and cannot make its heir while it is there', async () => {
    await create(1);
    await rollUntil(isReady(1));
    const ref = { namespace, name: `${app}-0` };
    await client.patch(Pod, ref, {
      type: 'merge',
      body: { metadata: { labels: { app: 'free' } } },
    });
    const released = await untilObject(
      client,
      Pod,
      ref,
      ({ metadata }) => (metadata.ownerReferences ?? []).length === 0,
    );
    await client.delete(Pod, ref);
    const heir = await untilObject(
      client,
      Pod,
      ref,
      ({ metadata }) => metadata.uid !== released.metadata.uid,
    );
    assert.equal(heir.metadata.ownerReferences?.[0]?.name, app);
  });

  test('leaves its pods to the next of its name when it is deleted as an orphan', async () => {
    await create(1);
    await rollUntil(isReady(1));
    const pod = await podOf(0);
    await workload.untilCollectorKnowsPods();
    await client.delete(StatefulSet, workload.ref, { propagationPolicy: 'Orphan' });
    await untilGone(client, StatefulSet, workload.ref);
    const { metadata } = await create(1);
    const adopted = await untilObject(
      client,
      Pod,
      { namespace, name: `${app}-0` },
      (found) => found.metadata.ownerReferences?.[0]?.uid === metadata.uid,
    );
    assert.equal(adopted.metadata.uid, pod.metadata.uid);
    const { status } = await workload.until(isReady(1));
    assert.equal(status?.updateRevision, pod.metadata.labels?.['controller-revision-hash']);
  });

  test('tells in Events what it made and deleted', async () => {
    await create(1);
    await rollUntil(isReady(1));
    await change({ replicas: 0 });
    await untilNames();
    const notes = await workload.untilNotes((found) => found.length === 2);
    assert.deepEqual(notes.toSorted(), [
      `Normal SuccessfulCreate Create Pod ${app}-0 in StatefulSet ${app} successful`,
      `Normal SuccessfulDelete Delete Pod ${app}-0 in StatefulSet ${app} successful`,
    ]);
  });

  test('tells in an Event why a pod could not be made', async () => {
    await create(1, {
      template: {
        ...template('app:1'),
        spec: { containers: [{ name: 'app', image: 'app:1' }], serviceAccountName: 'absent' },
      },
    });
    const [note] = await workload.untilNotes((found) => found.length === 1);
    assert.equal(
      note,
      `Warning FailedCreate Create Pod ${app}-0 in StatefulSet ${app} failed error: pods "${app}-0" is forbidden: error looking up service account ${namespace}/absent: serviceaccount "absent" not found`,
    );
  });

  test('goes with its pods and revisions', async () => {
    await create(1);
    await untilNames(0);
    await client.delete(StatefulSet, workload.ref);
    await untilGone(client, StatefulSet, workload.ref);
    await untilNames();
    await untilState(client, ControllerRevision, workload.selection, (found) => found.length === 0);
  });

  test('has no maxUnavailable, which Kubernetes 1.36 drops by default', async () => {
    const { spec } = await create(0, {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
    });
    assert.deepEqual(spec?.updateStrategy?.rollingUpdate, { partition: 0 });
  });

  test('has bounds to rolling updates only where nobody has named the strategy or a bound', async () => {
    const { spec: named } = await create(0, { updateStrategy: { type: 'RollingUpdate' } });
    assert.deepEqual(named?.updateStrategy, { type: 'RollingUpdate' });
    const { spec: other } = await change({ updateStrategy: { type: 'OnDelete' } });
    assert.deepEqual(other?.updateStrategy, { type: 'OnDelete' });
    await client.delete(StatefulSet, { namespace, name: app });
    await untilGone(client, StatefulSet, { namespace, name: app });
    const { spec: unnamed } = await create(0);
    assert.deepEqual(unnamed?.updateStrategy, {
      type: 'RollingUpdate',
      rollingUpdate: { partition: 0 },
    });
  });

  test('refuses a change of what cannot change', async () => {
    await create(0);
    const refusal = await refusalOf(change({ serviceName: 'another' }));
    assert.match(refusal.message, /updates to statefulset spec for fields other than/);
  });
});
