import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findCondition,
  Pod,
  ReplicaSet,
  type PodTemplateSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilControllersKnow } from './controllers-know.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode, setPodReady, setPodStatus } from './played-node.ts';
import { untilGone, untilObject } from './until-object.ts';
import { workloadOfEachTest, type Workload } from './workload.ts';

type SetSpec = NonNullable<ReplicaSet['spec']>;

describeOnEachServer('ReplicaSets', { controllers: true }, (environment) => {
  let workload: Workload<ReplicaSet>;
  let client: Client;
  let namespace: string;
  let app: string;
  workloadOfEachTest(environment, ReplicaSet, (made) => {
    workload = made;
    ({ client, namespace, name: app } = made);
  });

  const create = (replicas: number, more: Partial<SetSpec> = {}): Promise<Stored<ReplicaSet>> =>
    client.create(ReplicaSet, {
      metadata: { name: app, namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: workload.template('app:1'),
        ...more,
      },
    });
  const scale = (replicas: number): Promise<unknown> =>
    client.setScale(ReplicaSet, workload.ref, replicas);
  const podRef = ({ metadata }: Stored<Pod>) => ({ namespace, name: metadata.name });
  const label = (pod: Stored<Pod>, labels: Record<string, string>): Promise<unknown> =>
    client.patch(Pod, podRef(pod), { type: 'merge', body: { metadata: { labels } } });

  /** Of pods on a node: one that is held up on none is declared to have failed, after a while. */
  const onNode = (node: PlayedNode): PodTemplateSpec => {
    const { metadata, spec } = workload.template('app:1');
    const containers = spec?.containers ?? [];
    return {
      metadata,
      spec: { containers, nodeName: node.name, terminationGracePeriodSeconds: 0 },
    };
  };

  test('keep as many pods as they are asked for, each owned by them', async () => {
    const { metadata } = await create(3);
    const pods = await workload.untilPods((found) => found.length === 3);
    for (const pod of pods) {
      assert.ok(pod.metadata.name.startsWith(`${app}-`));
      assert.equal(pod.metadata.generateName, `${app}-`);
      const [owner] = pod.metadata.ownerReferences ?? [];
      assert.deepEqual(
        [owner?.kind, owner?.uid, owner?.controller, owner?.blockOwnerDeletion],
        ['ReplicaSet', metadata.uid, true, true],
      );
    }
    await scale(1);
    await workload.untilPods((found) => found.length === 1);
  });

  test('say in their status what is there, labelled, ready and available', async () => {
    await create(3, { minReadySeconds: 0 });
    const pods = await workload.untilPods((found) => found.length === 3);
    const [first, second] = pods;
    assert.ok(first !== undefined && second !== undefined);
    await setPodReady(client, first);
    await setPodReady(client, second);
    const { metadata, status } = await workload.until((set) => set.status?.availableReplicas === 2);
    assert.deepEqual(status, {
      observedGeneration: metadata.generation,
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
    });
  });

  test('count pods that are going apart', async () => {
    await using node = await PlayedNode.start(client, `${namespace}-${app}`);
    await create(1, { template: onNode(node) });
    const [pod] = await workload.untilPods((found) => found.length === 1);
    assert.ok(pod);
    await client.patch(Pod, podRef(pod), {
      type: 'merge',
      body: { metadata: { finalizers: ['example.com/linger'] } },
    });
    await client.delete(Pod, podRef(pod));
    // Its heir counts, too, a moment later.
    await workload.until(
      ({ status }) => status?.terminatingReplicas === 1 && status.replicas === 1,
    );
    await client.patch(Pod, podRef(pod), {
      type: 'merge',
      body: { metadata: { finalizers: null } },
    });
    await workload.until((set) => set.status?.terminatingReplicas === 0);
  });

  test('replace pods that have failed', async () => {
    await create(1);
    const [pod] = await workload.untilPods((found) => found.length === 1);
    assert.ok(pod);
    await setPodStatus(client, pod, { phase: 'Failed', reason: 'Evicted' });
    const pods = await workload.untilPods((found) => found.length === 2);
    assert.ok(pods.some(({ metadata }) => metadata.uid === pod.metadata.uid));
  });

  test('give up pods that are not ready before ready ones, and cheap ones before dear ones', async () => {
    await create(4);
    const pods = await workload.untilPods((found) => found.length === 4);
    const [ready, cheap, dear, unready] = pods;
    assert.ok(ready !== undefined && cheap !== undefined && dear !== undefined);
    for (const pod of [ready, cheap, dear]) await setPodReady(client, pod);
    if (unready !== undefined) await setPodReady(client, unready, false);
    for (const [pod, cost] of [
      [cheap, '-10'],
      [dear, '10'],
    ] as const) {
      await client.patch(Pod, podRef(pod), {
        type: 'merge',
        body: { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } },
      });
    }
    await workload.until((set) => set.status?.readyReplicas === 3);
    for (const left of [[ready, cheap, dear], [ready, dear], [dear]]) {
      await scale(left.length);
      const found = await workload.untilPods((now) => now.length === left.length);
      assert.deepEqual(
        found.map(({ metadata }) => metadata.name).toSorted(),
        left.map(({ metadata }) => metadata.name).toSorted(),
      );
    }
  });

  test('adopt pods that match and belong to nobody, and release those that no longer do', async () => {
    const orphan = await client.create(Pod, {
      metadata: { name: `${app}-orphan`, namespace, labels: { app } },
      spec: workload.template('app:1').spec ?? { containers: [] },
    });
    await untilControllersKnow(client, orphan);
    const set = await create(1);
    const adopted = await untilObject(
      client,
      Pod,
      podRef(orphan),
      ({ metadata }) => metadata.ownerReferences !== undefined,
    );
    assert.equal(adopted.metadata.ownerReferences?.[0]?.uid, set.metadata.uid);
    await label(orphan, { app: `${app}-free` });
    const released = await untilObject(
      client,
      Pod,
      podRef(orphan),
      ({ metadata }) => (metadata.ownerReferences ?? []).length === 0,
    );
    assert.equal(released.metadata.deletionTimestamp, undefined);
    const [heir] = await workload.untilPods((pods) => pods.length === 1);
    assert.equal(heir?.metadata.ownerReferences?.[0]?.uid, set.metadata.uid);
  });

  test('take no pod from another controller', async () => {
    await create(1);
    const [owned] = await workload.untilPods((pods) => pods.length === 1);
    assert.ok(owned);
    const other = await client.create(ReplicaSet, {
      metadata: { name: `${app}-other`, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app } },
        template: workload.template('app:1'),
      },
    });
    const pods = await workload.untilPods((found) => found.length === 2);
    const owners = pods.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
    assert.ok(owners.includes(other.metadata.uid));
    const kept = await client.get(Pod, podRef(owned));
    assert.deepEqual(kept.metadata.ownerReferences, owned.metadata.ownerReferences);
  });

  test('give up a pod that is one too many once it is adopted', async () => {
    await create(1);
    await workload.untilPods((pods) => pods.length === 1);
    await client.create(Pod, {
      metadata: { name: `${app}-extra`, namespace, labels: { app } },
      spec: workload.template('app:1').spec ?? { containers: [] },
    });
    await workload.untilPods((pods) => pods.length === 1);
  });

  test('tell in Events what they made and deleted', async () => {
    await create(1);
    const [pod] = await workload.untilPods((pods) => pods.length === 1);
    await scale(0);
    await workload.untilPods((pods) => pods.length === 0);
    const name = pod?.metadata.name ?? '';
    assert.deepEqual((await workload.untilNotes((found) => found.length >= 2)).toSorted(), [
      `Normal SuccessfulCreate Created pod: ${name}`,
      `Normal SuccessfulDelete Deleted pod: ${name}`,
    ]);
  });

  test('tell in an Event and in their status why a pod cannot be made', async () => {
    await create(1, {
      template: {
        ...workload.template('app:1'),
        spec: { containers: [{ name: 'app', image: 'app:1' }], serviceAccountName: 'absent' },
      },
    });
    const { status } = await workload.until(
      (set) => findCondition(set.status?.conditions, 'ReplicaFailure') !== undefined,
    );
    const failure = findCondition(status?.conditions, 'ReplicaFailure');
    const why = `error looking up service account ${namespace}/absent: serviceaccount "absent" not found`;
    assert.deepEqual([failure?.status, failure?.reason], ['True', 'FailedCreate']);
    // The name had not been generated yet.
    assert.equal(failure?.message, `pods "${app}-" is forbidden: ${why}`);
    assert.deepEqual(await workload.untilNotes((found) => found.length >= 1), [
      `Warning FailedCreate Error creating: pods "${app}-" is forbidden: ${why}`,
    ]);
  });

  test('take their pods along when they are deleted, or leave them behind', async () => {
    await create(1);
    const [pod] = await workload.untilPods((pods) => pods.length === 1);
    assert.ok(pod);
    await workload.untilCollectorKnowsPods();
    await client.delete(ReplicaSet, workload.ref, { propagationPolicy: 'Orphan' });
    await untilGone(client, ReplicaSet, workload.ref);
    await untilObject(
      client,
      Pod,
      podRef(pod),
      ({ metadata }) => metadata.ownerReferences === undefined,
    );
    await create(1);
    const [again] = await workload.untilPods(
      ([found]) => found?.metadata.ownerReferences !== undefined,
    );
    assert.equal(again?.metadata.uid, pod.metadata.uid);
    await client.delete(ReplicaSet, workload.ref);
    await workload.untilPods((pods) => pods.length === 0);
  });
});
