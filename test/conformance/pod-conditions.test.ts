import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Pod, type PodSpec, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { untilObject } from './until-object.ts';

type Condition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

describeOnEachServer('conditions that the API server sets on pods', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  // The finalizer keeps it in sight.
  const make = (name: string, spec: Partial<PodSpec> = {}): Promise<Stored<Pod>> =>
    client.create(Pod, {
      metadata: { name, namespace, finalizers: ['example.com/hold'] },
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: 'app', image: 'example.com/app:1' }],
        ...spec,
      },
    });
  const read = (name: string): Promise<Stored<Pod>> => client.get(Pod, { namespace, name });
  const ofType = ({ status }: Stored<Pod>, type: string): Condition | undefined =>
    status?.conditions?.find((condition) => condition.type === type);

  test('a gated pod says why nobody places it', async () => {
    const pod = await make('gated', { schedulingGates: [{ name: 'example.com/queue' }] });
    const condition = ofType(pod, 'PodScheduled');
    assert.ok(condition?.lastTransitionTime);
    assert.deepEqual(
      { ...condition, lastTransitionTime: '' },
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: '',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    );
  });

  test('an evicted pod says why it goes', async () => {
    await make('evicted', { schedulingGates: [{ name: 'example.com/queue' }] });
    await client.evict({ namespace, name: 'evicted' });
    const pod = await read('evicted');
    assert.ok(pod.metadata.deletionTimestamp);
    const { status, reason, message } = ofType(pod, 'DisruptionTarget') ?? {};
    assert.deepEqual(
      { status, reason, message },
      { status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
    );
    assert.equal(ofType(pod, 'PodScheduled')?.reason, 'SchedulingGated');
  });

  test('an eviction that is only tried, or meant for another pod, leaves no mark', async () => {
    await make('tried', { schedulingGates: [{ name: 'example.com/queue' }] });
    await client.evict({ namespace, name: 'tried' }, { dryRun: true });
    const refused = await refusalOf(
      client.evict({ namespace, name: 'tried' }, { preconditions: { uid: 'another' } }),
    );
    assert.equal(refused.code, 409);
    assert.equal(ofType(await read('tried'), 'DisruptionTarget'), undefined);
  });
});

describeOnEachServer(
  'conditions that the scheduler sets on pods',
  { controllers: true },
  (environment) => {
    test('a pod that fits nowhere says so, and of which generation of it that is said', async () => {
      const client = await environment().client();
      const namespace = await environment().newNamespace();
      const name = 'unplaced';
      await client.create(Pod, {
        metadata: { name, namespace },
        spec: {
          automountServiceAccountToken: false,
          nodeSelector: { 'example.com/no-node-has': 'this' },
          containers: [{ name: 'app', image: 'example.com/app:1' }],
        },
      });
      const conditionOf = ({ status }: Pod): Condition | undefined =>
        status?.conditions?.find(({ type }) => type === 'PodScheduled');
      const pod = await untilObject(client, Pod, { namespace, name }, (seen) => {
        return conditionOf(seen) !== undefined;
      });
      const { status, reason, observedGeneration } = conditionOf(pod) ?? {};
      assert.deepEqual(
        { status, reason, observedGeneration },
        { status: 'False', reason: 'Unschedulable', observedGeneration: pod.metadata.generation },
      );
      assert.equal(observedGeneration, 1);
    });
  },
);
