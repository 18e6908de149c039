import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Deployment,
  EventsV1Event,
  findCondition,
  Pod,
  ReplicaSet,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilCollectorKnows } from './controllers-know.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { setPodReady, withPlayedNode } from './played-node.ts';
import { refusalOf } from './refusal.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';
import { workloadOfEachTest, type Workload } from './workload.ts';

const revision = 'deployment.kubernetes.io/revision';

describeOnEachServer('Deployments', { controllers: true }, (environment) => {
  let workload: Workload<Deployment>;
  let client: Client;
  let namespace: string;
  let app: string;
  workloadOfEachTest(environment, Deployment, (made) => {
    workload = made;
    ({ client, namespace, name: app } = made);
  });

  const deploy = (
    replicas: number,
    more: Partial<NonNullable<Deployment['spec']>> = {},
  ): Promise<Stored<Deployment>> =>
    client.create(Deployment, {
      metadata: { name: app, namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: workload.template('app:1'),
        ...more,
      },
    });
  const setImage = (image: string): Promise<Stored<Deployment>> =>
    client.patch(Deployment, workload.ref, {
      type: 'strategic',
      body: { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } },
    });
  const alive = <T extends Pod>(pods: readonly Stored<T>[]): readonly Stored<T>[] =>
    pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  /** Does the work of a node: makes every pod ready, until the Deployment is as wanted. */
  const rollUntil = (
    isWanted: (deployment: Stored<Deployment>) => boolean,
  ): Promise<Stored<Deployment>> =>
    withPlayedNode(client, workload.selection, () => workload.until(isWanted));
  const isRolledOut =
    (replicas: number) =>
    ({ metadata, status }: Stored<Deployment>): boolean =>
      status?.observedGeneration === metadata.generation &&
      (status?.updatedReplicas ?? 0) === replicas &&
      (status?.availableReplicas ?? 0) === replicas &&
      (status?.replicas ?? 0) === replicas;

  test('makes a ReplicaSet and pods that are owned, labelled and named after it', async () => {
    const { metadata } = await deploy(2);
    const pods = await workload.untilPods((found) => found.length === 2);
    const [set] = await workload.untilAll(ReplicaSet, (found) => found.length === 1);
    assert.ok(set);
    const hash = set.metadata.labels?.['pod-template-hash'];
    assert.equal(set.metadata.name, `${app}-${hash}`);
    assert.equal(set.metadata.annotations?.[revision], '1');
    assert.equal(set.spec?.selector.matchLabels?.['pod-template-hash'], hash);
    const [owner] = set.metadata.ownerReferences ?? [];
    assert.deepEqual(
      [owner?.kind, owner?.uid, owner?.controller, owner?.blockOwnerDeletion],
      ['Deployment', metadata.uid, true, true],
    );
    for (const pod of pods) {
      assert.ok(pod.metadata.name.startsWith(`${set.metadata.name}-`));
      assert.equal(pod.metadata.labels?.['pod-template-hash'], hash);
      assert.equal(pod.metadata.ownerReferences?.[0]?.uid, set.metadata.uid);
    }
  });

  test('reports in its status what is there, updated, ready and available', async () => {
    await deploy(2);
    const waiting = await workload.until(
      ({ status }) => status?.replicas === 2 && status.unavailableReplicas === 2,
    );
    const before = findCondition(waiting.status?.conditions, 'Available');
    assert.deepEqual([before?.status, before?.reason], ['False', 'MinimumReplicasUnavailable']);
    const { status } = await rollUntil(
      (deployment) =>
        isRolledOut(2)(deployment) &&
        findCondition(deployment.status?.conditions, 'Progressing')?.reason ===
          'NewReplicaSetAvailable',
    );
    assert.equal(status?.readyReplicas, 2);
    const available = findCondition(status.conditions, 'Available');
    assert.deepEqual(
      [available?.status, available?.reason, available?.message],
      ['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
    );
  });

  test('rolls out a change with a second ReplicaSet, and empties the first', async () => {
    await deploy(3);
    await rollUntil(isRolledOut(3));
    await setImage('app:2');
    const done = await rollUntil(isRolledOut(3));
    assert.equal(done.metadata.annotations?.[revision], '2');
    const sets = await workload.untilAll(ReplicaSet, (found) =>
      found.some(({ status }) => status?.replicas === 0),
    );
    assert.deepEqual(
      sets
        .map(({ metadata, spec }) => [metadata.annotations?.[revision], spec?.replicas])
        .toSorted(),
      [
        ['1', 0],
        ['2', 3],
      ],
    );
  });

  test('keeps enough pods available while a rollout does not get ready', async () => {
    await deploy(4, {
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    });
    await rollUntil(isRolledOut(4));
    await setImage('app:bad');
    // Of 4 one may be missing and one too many: 3 old ones, 2 new ones.
    const stuck = await workload.until(
      ({ metadata, status }) =>
        status?.observedGeneration === metadata.generation &&
        status?.updatedReplicas === 2 &&
        status.replicas === 5,
    );
    assert.equal(stuck.status?.availableReplicas, 3);
  });

  test('goes back to an older template with the ReplicaSet of then, as a new revision', async () => {
    await deploy(1);
    await rollUntil(isRolledOut(1));
    const [first] = await workload.untilAll(ReplicaSet, (found) => found.length === 1);
    await setImage('app:2');
    await rollUntil(isRolledOut(1));
    await setImage('app:1');
    const undone = await rollUntil(
      (deployment) =>
        isRolledOut(1)(deployment) && deployment.metadata.annotations?.[revision] === '3',
    );
    assert.equal(undone.spec?.template.spec?.containers[0]?.image, 'app:1');
    const sets = await workload.untilAll(ReplicaSet, (found) => found.length === 2);
    const again = sets.find(({ metadata }) => metadata.uid === first?.metadata.uid);
    assert.equal(again?.metadata.annotations?.[revision], '3');
    assert.equal(again.spec?.replicas, 1);
  });

  test('scales up and down', async () => {
    await deploy(1);
    await workload.untilPods((pods) => pods.length === 1);
    await client.setScale(Deployment, workload.ref, 4);
    await workload.untilPods((pods) => alive(pods).length === 4);
    await client.setScale(Deployment, workload.ref, 0);
    await workload.untilPods((pods) => alive(pods).length === 0);
    const { status } = await workload.until((found) => (found.status?.replicas ?? 0) === 0);
    assert.equal(status?.replicas ?? 0, 0);
  });

  test('replaces a pod that was deleted', async () => {
    await deploy(1);
    const [first] = await workload.untilPods((pods) => pods.length === 1);
    assert.ok(first);
    await client.delete(Pod, { namespace, name: first.metadata.name }, { gracePeriodSeconds: 0 });
    const [second] = await workload.untilPods(
      (pods) => pods.length === 1 && pods[0]?.metadata.uid !== first.metadata.uid,
    );
    assert.notEqual(second?.metadata.name, first.metadata.name);
  });

  test('holds a rollout while paused, and goes on when resumed', async () => {
    await deploy(1, { paused: true });
    const { status } = await workload.until(
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    );
    assert.equal(findCondition(status?.conditions, 'Available')?.status ?? 'False', 'False');
    await setImage('app:2');
    await client.patch(Deployment, workload.ref, {
      type: 'merge',
      body: { spec: { paused: false } },
    });
    const pods = await workload.untilPods((found) => found.length === 1);
    assert.equal(pods[0]?.spec?.containers[0]?.image, 'app:2');
  });

  test('stops all old pods before it makes new ones when told to recreate', async () => {
    await deploy(2, { strategy: { type: 'Recreate' } });
    await rollUntil(isRolledOut(2));
    await setImage('app:2');
    await rollUntil(isRolledOut(2));
    const pods = await workload.untilPods((found) => found.length === 2);
    assert.deepEqual(
      pods.map(({ spec }) => spec?.containers[0]?.image),
      ['app:2', 'app:2'],
    );
  });

  test('keeps no more old ReplicaSets than its history limit', async () => {
    await deploy(1, { revisionHistoryLimit: 1 });
    await rollUntil(isRolledOut(1));
    for (const image of ['app:2', 'app:3']) {
      await setImage(image);
      await rollUntil(isRolledOut(1));
    }
    const sets = await workload.untilAll(ReplicaSet, (found) => found.length === 2);
    assert.deepEqual(sets.map(({ metadata }) => metadata.annotations?.[revision]).toSorted(), [
      '2',
      '3',
    ]);
  });

  test('tells in Events what it scaled', async () => {
    await deploy(1);
    const [scaled] = await untilState(client, EventsV1Event, { namespace }, (events) =>
      events.some(
        ({ reason, regarding }) =>
          reason === 'ScalingReplicaSet' &&
          regarding?.kind === 'Deployment' &&
          regarding.name === app,
      ),
    ).then((events) =>
      events.filter(
        ({ reason, regarding }) => reason === 'ScalingReplicaSet' && regarding?.name === app,
      ),
    );
    const [set] = await workload.untilAll(ReplicaSet, (found) => found.length === 1);
    assert.equal(scaled?.type, 'Normal');
    assert.equal(scaled.note, `Scaled up replica set ${set?.metadata.name ?? ''} from 0 to 1`);
  });

  test('counts pods as available only after minReadySeconds', async () => {
    await deploy(1, { minReadySeconds: 500 });
    const [pod] = await workload.untilPods((pods) => pods.length === 1);
    assert.ok(pod);
    await setPodReady(client, pod);
    const { status } = await workload.until((found) => found.status?.readyReplicas === 1);
    assert.deepEqual([status?.availableReplicas ?? 0, status?.unavailableReplicas], [0, 1]);
    await client.patch(Deployment, workload.ref, {
      type: 'merge',
      body: { spec: { minReadySeconds: 0 } },
    });
    await workload.until(isRolledOut(1));
  });

  test('says when a rollout has taken longer than its deadline', async () => {
    await deploy(1, { progressDeadlineSeconds: 1 });
    const { status } = await workload.until(
      (found) => findCondition(found.status?.conditions, 'Progressing')?.status === 'False',
    );
    const progressing = findCondition(status?.conditions, 'Progressing');
    const [set] = await workload.untilAll(ReplicaSet, (found) => found.length === 1);
    assert.deepEqual(
      [progressing?.reason, progressing?.message],
      [
        'ProgressDeadlineExceeded',
        `ReplicaSet "${set?.metadata.name ?? ''}" has timed out progressing.`,
      ],
    );
  });

  test('shows in its status why pods cannot be made', async () => {
    await deploy(1, {
      template: {
        ...workload.template('app:1'),
        spec: { containers: [{ name: 'app', image: 'app:1' }], serviceAccountName: 'absent' },
      },
    });
    const { status } = await workload.until(
      (found) => findCondition(found.status?.conditions, 'ReplicaFailure')?.status === 'True',
    );
    const failure = findCondition(status?.conditions, 'ReplicaFailure');
    assert.equal(failure?.reason, 'FailedCreate');
    assert.match(failure.message ?? '', /error looking up service account .*\/absent: /);
  });

  test('scales the sets of a stuck rollout in proportion', async () => {
    await deploy(4, {
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    await rollUntil(isRolledOut(4));
    await setImage('app:bad');
    await workload.until(({ status }) => status?.replicas === 5 && status.updatedReplicas === 1);
    await client.setScale(Deployment, workload.ref, 8);
    const sets = await workload.untilAll(
      ReplicaSet,
      (found) => found.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0) === 9,
    );
    // Nine pods may be there; each set gets its share of the four new ones by its size, of five: three and a bit, and one.
    assert.deepEqual(sets.map(({ spec }) => spec?.replicas).toSorted(), [2, 7]);
  });

  test('adopts a ReplicaSet of its own template, and uses it', async () => {
    const orphan = await client.create(ReplicaSet, {
      metadata: { name: `${app}-orphan`, namespace, labels: { app } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app } },
        template: workload.template('app:1'),
      },
    });
    // One controller tells that it knows it; they all see ReplicaSets through one cache.
    await untilObject(
      client,
      ReplicaSet,
      { namespace, name: orphan.metadata.name },
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    );
    const { metadata } = await deploy(1);
    const sets = await workload.untilAll(ReplicaSet, (found) =>
      found.some(({ spec }) => spec?.replicas === 1),
    );
    assert.equal(sets.length, 1);
    assert.equal(sets[0]?.metadata.uid, orphan.metadata.uid);
    assert.equal(sets[0].metadata.ownerReferences?.[0]?.uid, metadata.uid);
  });

  test('adopts a ReplicaSet that comes later', async () => {
    const { metadata } = await deploy(1);
    await rollUntil(isRolledOut(1));
    const late = { name: `${app}-late`, namespace };
    await client.create(ReplicaSet, {
      metadata: { ...late, labels: { app } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app, late: 'yes' } },
        template: { ...workload.template('app:0'), metadata: { labels: { app, late: 'yes' } } },
      },
    });
    const adopted = await untilObject(
      client,
      ReplicaSet,
      late,
      (set) => set.metadata.ownerReferences !== undefined,
    );
    assert.equal(adopted.metadata.ownerReferences?.[0]?.uid, metadata.uid);
  });

  test('leaves its ReplicaSets behind when it is deleted as an orphan', async () => {
    await deploy(1);
    const [before] = await workload.untilAll(ReplicaSet, (found) => found.length === 1);
    await untilCollectorKnows(client, ReplicaSet, namespace, {
      metadata: {},
      spec: {
        replicas: 0,
        selector: { matchLabels: { collected: app } },
        template: { ...workload.template('app:1'), metadata: { labels: { collected: app } } },
      },
    });
    await client.delete(Deployment, workload.ref, { propagationPolicy: 'Orphan' });
    await untilGone(client, Deployment, workload.ref);
    const [left] = await workload.untilAll(
      ReplicaSet,
      ([set]) => set?.metadata.ownerReferences === undefined,
    );
    assert.equal(left?.metadata.uid, before?.metadata.uid);
    assert.equal(left?.metadata.deletionTimestamp, undefined);
  });

  test('takes ReplicaSets and pods along when it is deleted', async () => {
    await deploy(1);
    await workload.untilPods((pods) => pods.length === 1);
    await client.delete(Deployment, workload.ref);
    await untilGone(client, Deployment, workload.ref);
    await workload.untilAll(ReplicaSet, (sets) => sets.length === 0);
    await workload.untilPods((pods) => pods.length === 0);
  });

  test('refuses a selector that does not match its template, and one that changes', async () => {
    const foreign = await refusalOf(deploy(0, { selector: { matchLabels: { app: 'other' } } }));
    assert.deepEqual(
      foreign.status.details?.causes?.map(({ field }) => field),
      ['spec.template.metadata.labels'],
    );
    await deploy(0);
    const labels = { app, more: 'x' };
    const moved = await refusalOf(
      client.patch(Deployment, workload.ref, {
        type: 'merge',
        body: {
          spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
        },
      }),
    );
    assert.match(moved.message, /spec\.selector: Invalid value: .*: field is immutable/);
  });
});
