import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deployment, Event, Pod, PodDisruptionBudget, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { setPodReady } from './played-node.ts';
import { refusalOf } from './refusal.ts';
import { untilObject, untilState } from './until-object.ts';
import { workloadOfEachTest, type Workload } from './workload.ts';

/** Nobody is to take this pod. */
const barePod = { schedulerName: 'nobody', containers: [{ name: 'app', image: 'app:1' }] };

type BudgetSpec = NonNullable<PodDisruptionBudget['spec']>;

describeOnEachServer('PodDisruptionBudgets', { controllers: true }, (environment) => {
  let workload: Workload<Deployment>;
  let client: Client;
  let namespace: string;
  let app: string;
  workloadOfEachTest(environment, Deployment, (made) => {
    workload = made;
    ({ client, namespace, name: app } = made);
  });

  const limit = (spec: BudgetSpec): Promise<unknown> =>
    client.create(PodDisruptionBudget, {
      metadata: { name: app, namespace },
      spec: { selector: { matchLabels: { app } }, ...spec },
    });
  const deploy = async (replicas: number, ready: number): Promise<readonly Stored<Pod>[]> => {
    await client.create(Deployment, {
      metadata: { name: app, namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: workload.template('app:1'),
      },
    });
    const pods = await workload.untilPods((found) => found.length === replicas);
    for (const pod of pods.slice(0, ready)) await setPodReady(client, pod);
    return pods;
  };
  const untilAllowed = (allowed: number, healthy: number): Promise<Stored<PodDisruptionBudget>> =>
    untilObject(
      client,
      PodDisruptionBudget,
      workload.ref,
      ({ metadata, status }) =>
        status !== undefined &&
        status.observedGeneration === metadata.generation &&
        status.disruptionsAllowed === allowed &&
        status.currentHealthy === healthy,
    );
  const evict = (pod: Stored<Pod>): Promise<unknown> =>
    client.rawJson({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/eviction`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod.metadata.name, namespace },
      }),
    });

  test('say how many pods may go, by a number that has to stay', async () => {
    await limit({ minAvailable: 2 });
    await deploy(3, 3);
    const { status } = await untilAllowed(1, 3);
    const [condition] = status?.conditions ?? [];
    assert.equal(status?.desiredHealthy, 2);
    assert.equal(status.expectedPods, 3);
    assert.deepEqual(
      [condition?.type, condition?.status, condition?.reason, condition?.message],
      ['DisruptionAllowed', 'True', 'SufficientPods', ''],
    );
  });

  test('count a part of what was asked for, not of what is there', async () => {
    await limit({ maxUnavailable: '40%' });
    await deploy(4, 3);
    const { status } = await untilAllowed(1, 3);
    assert.equal(status?.desiredHealthy, 2);
    assert.equal(status.expectedPods, 4);
    await client.setScale(Deployment, workload.ref, 6);
    const scaled = await untilAllowed(0, 3);
    assert.equal(scaled.status?.conditions?.[0]?.reason, 'InsufficientPods');
    assert.equal(scaled.status.desiredHealthy, 3);
  });

  test('let evictions through until they are used up', async () => {
    await limit({ minAvailable: '50%' });
    const [first, second] = await deploy(2, 2);
    assert.ok(first !== undefined && second !== undefined);
    await untilAllowed(1, 2);
    await evict(first);
    const refusal = await refusalOf(evict(second));
    assert.equal(refusal.code, 429);
    // The pod in its place is not ready yet.
    const { status } = await untilAllowed(0, 1);
    assert.equal(status?.desiredHealthy, 1);
    const pods = await workload.untilPods(
      (found) =>
        found.length === 2 && !found.some(({ metadata }) => metadata.name === first.metadata.name),
    );
    for (const pod of pods) await setPodReady(client, pod);
    await untilAllowed(1, 2);
  });

  test('allow nothing while they count no pods', async () => {
    await limit({ maxUnavailable: 1 });
    const { status } = await untilAllowed(0, 0);
    assert.equal(status?.expectedPods, 0);
  });

  test('cannot count a part of pods that nobody asked for, and say so', async () => {
    const pod: Pod = { metadata: { name: app, namespace, labels: { app } }, spec: barePod };
    await setPodReady(client, await client.create(Pod, pod));
    await limit({ minAvailable: '50%' });
    const { status } = await untilAllowed(0, 1);
    assert.deepEqual([status?.expectedPods, status?.desiredHealthy], [0, 0]);
    const refusal = await refusalOf(evict(await client.get(Pod, workload.ref)));
    assert.equal(refusal.code, 429);
    assert.deepEqual(refusal.status.details?.causes, [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${app} does not allow evicting pods currently`,
      },
    ]);
    const isOfUnmanaged = ({ reason }: Event): boolean => reason === 'UnmanagedPods';
    const events = await untilState(client, Event, { namespace }, (all) => all.some(isOfUnmanaged));
    const event = events.find(isOfUnmanaged);
    assert.equal(event?.type, 'Warning');
    assert.equal(
      event.message,
      `Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: ${app},},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    );
  });
});
