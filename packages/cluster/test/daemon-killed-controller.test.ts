import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ControllerRevision,
  DaemonSet,
  Node,
  Pod,
  ServiceAccount,
  type DaemonSetStatus,
  type DaemonSetUpdateStrategy,
  type Stored,
} from '@kubewright/apimachinery';
import { createDaemonSetController } from '../src/controllers/daemon-set/daemon-set-controller.ts';
import { nodeOfPod } from '../src/controllers/daemon-set/daemon-pods.ts';
import { EmbeddedCluster, type Cut } from '../src/index.ts';
import { ControllerProcess, type AddControllers } from './controller-process.ts';

const namespace = 'default';
const nodeNames = ['a', 'b', 'c'];

/** Longest wait, in milliseconds: it only bounds a failure. */
const limitMs = 120_000;

const addControllers: AddControllers = (manager, events) => {
  manager.add(createDaemonSetController(manager, events));
};

describe('a DaemonSet whose controller is killed', () => {
  let cluster: EmbeddedCluster;
  let sets = 0;

  before(async () => {
    cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
    const { client } = cluster;
    // Pods cannot be made without; its controller is not there.
    await client.create(ServiceAccount, { metadata: { name: 'default', namespace } });
    for (const name of nodeNames) {
      await client.create(Node, { metadata: { name } });
      // Nobody finds the node ready.
      const body = { spec: { taints: null } };
      await client.patch(Node, { name }, { type: 'merge', body });
    }
  });
  after(() => cluster.stop());

  /** Makes each pod ready as soon as it is there. */
  async function playNodes(labelSelector: string, signal: AbortSignal): Promise<void> {
    const { client } = cluster;
    for await (const { type, object } of client.watch(Pod, { namespace, labelSelector, signal })) {
      if (type !== 'ADDED') continue;
      const lastTransitionTime = '2020-01-01T00:00:00Z';
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }];
      const { name } = object.metadata;
      const body = { status: { phase: 'Running', conditions } };
      await client
        .patch(Pod, { namespace, name }, { type: 'merge', body }, { subresource: 'status' })
        // It went meanwhile.
        .catch(() => undefined);
    }
  }

  /** @throws Error with the state that was seen last when it does not come to pass. */
  async function untilUpdated(name: string, generation: number): Promise<Stored<DaemonSet>> {
    const fieldSelector = `metadata.name=${name}`;
    const signal = AbortSignal.timeout(limitMs);
    const options = { namespace, fieldSelector, signal };
    let last: DaemonSetStatus | undefined;
    try {
      for await (const event of cluster.client.watch(DaemonSet, options)) {
        if (event.type === 'BOOKMARK') continue;
        last = event.object.status;
        const isDone =
          last?.observedGeneration === generation &&
          last.updatedNumberScheduled === nodeNames.length &&
          last.numberAvailable === nodeNames.length;
        if (isDone) return event.object;
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
    throw new Error(`${name} is not updated; last seen: ${JSON.stringify(last)}`);
  }

  /** Rolls a DaemonSet out twice; says whether its controller was killed on the way, and what is there in the end. */
  async function rollOut(updateStrategy: DaemonSetUpdateStrategy, cut: Cut) {
    sets += 1;
    const name = `set-${String(sets)}`;
    const labels = { set: name };
    const labelSelector = `set=${name}`;
    const over = new AbortController();
    const nodes = playNodes(labelSelector, over.signal);
    const container = (image: string) => ({ name: 'main', image });
    try {
      const killed = new ControllerProcess(cluster.client.transport, cut, addControllers);
      await cluster.client.create(DaemonSet, {
        metadata: { namespace, name },
        spec: {
          updateStrategy,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [container('agent:1')] } },
        },
      });
      const rollout = (async () => {
        await untilUpdated(name, 1);
        const body = { spec: { template: { spec: { containers: [container('agent:2')] } } } };
        await cluster.client.patch(DaemonSet, { namespace, name }, { type: 'merge', body });
        return untilUpdated(name, 2);
      })();
      const isKilled = await Promise.race([
        killed.transport.gone.then(() => true),
        rollout.then(() => false),
      ]);
      await killed[Symbol.asyncDispose]();
      await using _heir = isKilled
        ? new ControllerProcess(cluster.client.transport, undefined, addControllers)
        : undefined;
      await rollout;
      const pods = await cluster.client.list(Pod, { namespace, labelSelector });
      const revisions = await cluster.client.list(ControllerRevision, { namespace, labelSelector });
      return { isKilled, pods: pods.items, revisions: revisions.items };
    } finally {
      over.abort(new Error('the test is over'));
      await nodes.catch(() => undefined);
      await cluster.client.delete(DaemonSet, { namespace, name });
      await cluster.client.deleteAllOf(Pod, { namespace, labelSelector });
    }
  }

  const strategies: readonly (readonly [string, DaemonSetUpdateStrategy])[] = [
    ['one node after the other', { type: 'RollingUpdate' }],
    ['with surge', { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } }],
  ];

  for (const when of ['before', 'after'] as const) {
    for (const [how, strategy] of strategies) {
      test(`is updated ${how}, wherever it is killed ${when} a write`, async () => {
        let isKilled = true;
        let write = 0;
        while (isKilled) {
          write += 1;
          const end = await rollOut(strategy, { write, when });
          isKilled = end.isKilled;
          const where = `killed ${when} write ${String(write)}`;
          const found = end.pods.map((pod) => [nodeOfPod(pod), pod.spec?.containers[0]?.image]);
          assert.deepEqual(
            found.sort(),
            nodeNames.map((node) => [node, 'agent:2']),
            where,
          );
          assert.deepEqual(end.revisions.map(({ revision }) => revision).sort(), [1, 2], where);
        }
        assert.ok(write > 5, 'the controller was not killed in the middle of its work');
      });
    }
  }
});
