import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import {
  controllerOf,
  ControllerRevision,
  DaemonSet,
  EventsV1Event,
  Node,
  Pod,
  ResourceQuota,
  type PodSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilControllersKnow } from './controllers-know.ts';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode, setPodReady, setPodStatus, type PlayedNodeOptions } from './played-node.ts';
import { QuotaProbe } from './quota-probe.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

type DaemonSetSpec = NonNullable<DaemonSet['spec']>;
type Strategy = NonNullable<DaemonSetSpec['updateStrategy']>;

describeOnEachServer('DaemonSets', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  /** Label of the nodes of this test. */
  let group: string;
  let count = 0;
  let probe: QuotaProbe;
  const nodes: PlayedNode[] = [];
  const name = 'agent';
  const labels = { app: name };

  before(async () => {
    client = await environment().client();
    probe = await QuotaProbe.start(client, await environment().newNamespace());
  });
  beforeEach(async () => {
    namespace = await environment().newNamespace();
    count += 1;
    group = `${namespace}-${count}`;
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
  });

  const nodeName = (letter: string): string => `${group}-${letter}`;
  const makeNode = async (
    letter: string,
    taints?: PlayedNodeOptions['taints'],
  ): Promise<string> => {
    const node = await PlayedNode.start(client, nodeName(letter), {
      labels: { group },
      isSchedulable: true,
      ...(taints === undefined ? {} : { taints }),
    });
    nodes.push(node);
    return node.name;
  };
  const template = (image = 'example.com/agent:1', more: Partial<PodSpec> = {}) => ({
    metadata: { labels },
    spec: {
      nodeSelector: { group },
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image }],
      ...more,
    },
  });
  const makeSet = (
    more: Partial<PodSpec> = {},
    updateStrategy?: Strategy,
  ): Promise<Stored<DaemonSet>> =>
    client.create(DaemonSet, {
      metadata: { namespace, name },
      spec: {
        selector: { matchLabels: labels },
        template: template(undefined, more),
        ...(updateStrategy === undefined ? {} : { updateStrategy }),
      },
    });
  const untilPods = (
    isWanted: (pods: readonly Stored<Pod>[]) => boolean,
  ): Promise<readonly Stored<Pod>[]> => untilState(client, Pod, { namespace }, isWanted);
  const placed = ({ spec }: Pod): boolean => Boolean(spec?.nodeName);
  const onNodes = (pods: readonly Stored<Pod>[]): string =>
    pods
      .map(({ spec }) => spec?.nodeName ?? '?')
      .sort()
      .join(' ');
  const untilOn = (...letters: string[]): Promise<readonly Stored<Pod>[]> => {
    const expected = letters.map(nodeName).sort().join(' ');
    return untilPods((pods) => onNodes(pods) === expected);
  };
  const untilStatus = (
    wanted: Partial<NonNullable<DaemonSet['status']>>,
  ): Promise<Stored<DaemonSet>> =>
    untilObject(client, DaemonSet, { namespace, name }, ({ status, metadata }) =>
      Object.entries({ observedGeneration: metadata.generation, ...wanted }).every(
        ([key, value]) => (status as Record<string, unknown> | undefined)?.[key] === value,
      ),
    );
  const change = (spec: object): Promise<Stored<DaemonSet>> =>
    client.patch(DaemonSet, { namespace, name }, { type: 'merge', body: { spec } });
  const noteOf = async (reason: string): Promise<string> => {
    const events = await untilState(client, EventsV1Event, { namespace }, (found) =>
      found.some((event) => event.reason === reason && event.regarding?.kind === 'DaemonSet'),
    );
    const event = events.find((each) => each.reason === reason);
    return `${event?.type ?? ''}: ${event?.note ?? ''}`;
  };

  test('puts a pod on each node that it is for, also on one that comes later', async () => {
    const [a] = [await makeNode('a'), await makeNode('b')];
    const set = await makeSet();
    const pods = await untilOn('a', 'b');
    await makeNode('c');
    await untilOn('a', 'b', 'c');
    const pod = pods.find(({ spec }) => spec?.nodeName === a);
    assert.ok(pod);
    assert.equal(controllerOf(pod)?.uid, set.metadata.uid);
    assert.match(pod.metadata.name, /^agent-[a-z0-9]{5}$/);
    const { labels: podLabels = {} } = pod.metadata;
    assert.deepEqual([podLabels['app'], podLabels['pod-template-generation']], ['agent', '1']);
    assert.deepEqual(
      pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
      {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: [a] }] },
        ],
      },
    );
    assert.deepEqual(
      pod.spec.tolerations?.map(({ key, operator, effect, tolerationSeconds }) => [
        key,
        operator,
        effect,
        tolerationSeconds,
      ]),
      [
        ['node.kubernetes.io/not-ready', 'Exists', 'NoExecute', undefined],
        ['node.kubernetes.io/unreachable', 'Exists', 'NoExecute', undefined],
        ['node.kubernetes.io/disk-pressure', 'Exists', 'NoSchedule', undefined],
        ['node.kubernetes.io/memory-pressure', 'Exists', 'NoSchedule', undefined],
        ['node.kubernetes.io/pid-pressure', 'Exists', 'NoSchedule', undefined],
        ['node.kubernetes.io/unschedulable', 'Exists', 'NoSchedule', undefined],
      ],
    );
    assert.match(await noteOf('SuccessfulCreate'), /^Normal: Created pod: agent-[a-z0-9]{5}$/);
  });

  test('keeps a revision of its template, which its pods name', async () => {
    await makeNode('a');
    await makeSet();
    const [pod] = await untilOn('a');
    const [revision] = await untilState(
      client,
      ControllerRevision,
      { namespace },
      (revisions) => revisions.length === 1,
    );
    const hash = revision?.metadata.labels?.['controller-revision-hash'] ?? '';
    assert.equal(pod?.metadata.labels?.['controller-revision-hash'], hash);
    assert.deepEqual([revision?.metadata.name, revision?.revision], [`${name}-${hash}`, 1]);
  });

  test('counts its pods', async () => {
    await makeNode('a');
    await makeNode('b');
    await makeSet();
    const pods = await untilOn('a', 'b');
    const waiting = await untilStatus({ currentNumberScheduled: 2 });
    assert.deepEqual(waiting.status, {
      currentNumberScheduled: 2,
      desiredNumberScheduled: 2,
      numberMisscheduled: 0,
      numberReady: 0,
      numberUnavailable: 2,
      observedGeneration: 1,
      updatedNumberScheduled: 2,
    });
    for (const pod of pods) await setPodReady(client, pod);
    const ready = await untilStatus({ numberReady: 2 });
    assert.deepEqual(ready.status, {
      currentNumberScheduled: 2,
      desiredNumberScheduled: 2,
      numberAvailable: 2,
      numberMisscheduled: 0,
      numberReady: 2,
      observedGeneration: 1,
      updatedNumberScheduled: 2,
    });
  });

  test('stays off nodes whose taints its pods mind', async () => {
    await makeNode('a');
    await makeNode('b', [{ key: 'example.com/own', effect: 'NoSchedule' }]);
    await makeSet();
    await untilOn('a');
    await untilStatus({ desiredNumberScheduled: 1 });
    await change({
      template: { spec: { tolerations: [{ key: 'example.com/own', operator: 'Exists' }] } },
    });
    const pods = await untilPods((found) =>
      found.some(({ spec }) => spec?.nodeName === nodeName('b')),
    );
    assert.ok(pods.length > 0);
    await untilStatus({ desiredNumberScheduled: 2 });
  });

  test('leaves a node that it is not for any more, and stays where it only would not begin', async () => {
    const [a, b] = [await makeNode('a'), await makeNode('b')];
    await makeSet();
    await untilOn('a', 'b');
    await client.patch(
      Node,
      { name: a },
      { type: 'merge', body: { metadata: { labels: { group: null } } } },
    );
    await untilOn('b');
    assert.match(await noteOf('SuccessfulDelete'), /^Normal: Deleted pod: agent-[a-z0-9]{5}$/);
    await client.patch(
      Node,
      { name: b },
      {
        type: 'merge',
        body: { spec: { taints: [{ key: 'example.com/own', effect: 'NoSchedule' }] } },
      },
    );
    // A real controller does not count anew for a taint alone, but for a node that comes after it.
    await makeNode('c');
    await untilOn('b', 'c');
    await untilStatus({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
    await untilOn('b', 'c');
  });

  test('replaces a pod that is deleted, has failed or has ended well', async () => {
    await makeNode('a');
    await makeSet();
    const [first] = await untilOn('a');
    assert.ok(first);
    await client.delete(Pod, { namespace, name: first.metadata.name });
    const next = async (old: Stored<Pod>): Promise<Stored<Pod>> => {
      const [pod] = await untilPods(
        (pods) =>
          pods.length === 1 && pods[0]?.metadata.uid !== old.metadata.uid && pods.every(placed),
      );
      assert.ok(pod);
      return pod;
    };
    const second = await next(first);
    await setPodStatus(client, second, { phase: 'Failed' });
    const third = await next(second);
    assert.equal(
      await noteOf('FailedDaemonPod'),
      `Warning: Found failed daemon pod ${namespace}/${second.metadata.name} on node ${nodeName('a')}, will try to kill it`,
    );
    await setPodStatus(client, third, { phase: 'Succeeded' });
    await next(third);
    assert.equal(
      await noteOf('SucceededDaemonPod'),
      `Normal: Found succeeded daemon pod ${namespace}/${third.metadata.name} on node ${nodeName('a')}, will try to delete it`,
    );
  });

  test('adopts pods that it selects, and lets go of those it does not', async () => {
    const a = await makeNode('a');
    const orphan = await client.create(Pod, {
      metadata: { namespace, name: 'orphan', labels },
      spec: { nodeName: a, containers: [{ name: 'main', image: 'example.com/agent:1' }] },
    });
    await untilControllersKnow(client, orphan);
    // It was made from no template of the set, which would replace it at once if it might.
    const set = await makeSet({}, { type: 'OnDelete' });
    await untilObject(
      client,
      Pod,
      { namespace, name: 'orphan' },
      (pod) => controllerOf(pod)?.uid === set.metadata.uid,
    );
    await client.patch(
      Pod,
      { namespace, name: 'orphan' },
      { type: 'merge', body: { metadata: { labels: { app: 'other' } } } },
    );
    await untilObject(
      client,
      Pod,
      { namespace, name: 'orphan' },
      (pod) => controllerOf(pod) === undefined,
    );
    await untilPods((pods) =>
      pods.some(
        (pod) =>
          pod.metadata.uid !== orphan.metadata.uid && controllerOf(pod)?.uid === set.metadata.uid,
      ),
    );
  });

  test('replaces pods one after the other when the template changes', async () => {
    await makeNode('a');
    await makeNode('b');
    await makeSet();
    const old = await untilOn('a', 'b');
    for (const pod of old) await setPodReady(client, pod);
    await untilStatus({ numberAvailable: 2 });
    await change({
      template: { spec: { containers: [{ name: 'main', image: 'example.com/agent:2' }] } },
    });
    const isOld = ({ metadata }: Stored<Pod>): boolean =>
      old.some((pod) => pod.metadata.uid === metadata.uid);
    const half = await untilPods(
      (pods) => pods.length === 2 && pods.every(placed) && pods.filter(isOld).length === 1,
    );
    await untilStatus({ updatedNumberScheduled: 1, numberUnavailable: 1 });
    for (const pod of half.filter((each) => !isOld(each))) await setPodReady(client, pod);
    const all = await untilPods(
      (pods) => pods.length === 2 && pods.every(placed) && !pods.some(isOld),
    );
    for (const pod of all) await setPodReady(client, pod);
    await untilStatus({ updatedNumberScheduled: 2, numberAvailable: 2 });
    assert.deepEqual(
      all.map(({ spec, metadata }) => [
        spec?.containers[0]?.image,
        metadata.labels?.['pod-template-generation'],
      ]),
      [
        ['example.com/agent:2', '2'],
        ['example.com/agent:2', '2'],
      ],
    );
    const { items } = await client.list(ControllerRevision, { namespace });
    assert.deepEqual(items.map(({ revision }) => revision).sort(), [1, 2]);
  });

  test('makes the new pod beside the old one when it may surge', async () => {
    await makeNode('a');
    await makeSet({}, { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    const [old] = await untilOn('a');
    assert.ok(old);
    await setPodReady(client, old);
    await untilStatus({ numberAvailable: 1 });
    await change({
      template: { spec: { containers: [{ name: 'main', image: 'example.com/agent:2' }] } },
    });
    const both = await untilPods((pods) => pods.length === 2 && pods.every(placed));
    const fresh = both.find(({ metadata }) => metadata.uid !== old.metadata.uid);
    assert.ok(fresh);
    await setPodReady(client, fresh);
    await untilGone(client, Pod, { namespace, name: old.metadata.name });
    await untilStatus({ updatedNumberScheduled: 1, numberAvailable: 1 });
  });

  test('waits for its pods to be deleted when it is told to', async () => {
    await makeNode('a');
    await makeSet({}, { type: 'OnDelete' });
    const [old] = await untilOn('a');
    assert.ok(old);
    await change({
      template: { spec: { containers: [{ name: 'main', image: 'example.com/agent:2' }] } },
    });
    await untilStatus({ currentNumberScheduled: 1, observedGeneration: 2 });
    const { status } = await client.get(DaemonSet, { namespace, name });
    assert.equal(status?.updatedNumberScheduled, undefined);
    await client.delete(Pod, { namespace, name: old.metadata.name });
    const [fresh] = await untilPods(
      (pods) => pods.length === 1 && pods[0]?.metadata.uid !== old.metadata.uid,
    );
    assert.equal(fresh?.spec?.containers[0]?.image, 'example.com/agent:2');
  });

  test('tells of pods that it may not make', async () => {
    await makeNode('a');
    await client.create(ResourceQuota, {
      metadata: { namespace, name: 'none' },
      spec: { hard: { pods: '0' } },
    });
    await untilObject(
      client,
      ResourceQuota,
      { namespace, name: 'none' },
      ({ status }) => status?.used !== undefined,
    );
    await probe.untilInForce();
    await makeSet();
    assert.match(
      await noteOf('FailedCreate'),
      /^Warning: Error creating: pods "agent-[a-z0-9]{5}" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0$/,
    );
    await untilStatus({ desiredNumberScheduled: 1, currentNumberScheduled: 0 });
  });

  test('takes its pods along when it is deleted', async () => {
    await makeNode('a');
    await makeSet();
    await untilOn('a');
    await client.delete(DaemonSet, { namespace, name });
    await untilPods((pods) => pods.length === 0);
  });
});
