import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Node, Pod, PodSpec, Stored } from '@kubewright/apimachinery';
import { decide, placementsOf } from '../src/scheduler/decide.ts';
import { requestsOf } from '../src/scheduler/resources.ts';

function node(
  name: string,
  changes: Partial<Node['spec'] & object> = {},
  labels: Record<string, string> = {},
): Stored<Node> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...labels },
    },
    spec: changes,
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '3' } },
  };
}

function pod(
  name: string,
  spec: Partial<PodSpec> = {},
  labels: Record<string, string> = {},
): Stored<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels,
    },
    spec: { containers: [{ name: 'app' }], ...spec },
  };
}

const cpu = (amount: string): Partial<PodSpec> => ({
  containers: [{ name: 'app', resources: { requests: { cpu: amount } } }],
});
const unhelpful =
  'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
const noVictims =
  'no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

describe('scheduling decision', () => {
  test('takes the node with the most room', () => {
    const placements = placementsOf(
      [node('a'), node('b')],
      [pod('x', { ...cpu('1'), nodeName: 'a' })],
    );
    assert.deepEqual(decide(pod('y', cpu('500m')), placements), {
      type: 'bind',
      nodeName: 'b',
      volumes: [],
    });
  });

  const refusals: [string, Stored<Pod>, Stored<Node>, Stored<Pod>[], string][] = [
    [
      'a request larger than the node',
      pod('p', cpu('64')),
      node('n'),
      [],
      `0/1 nodes are available: 1 Insufficient cpu. ${unhelpful}`,
    ],
    [
      'a full node',
      pod('p', cpu('2')),
      node('n'),
      [pod('x', { ...cpu('1'), nodeName: 'n' })],
      `0/1 nodes are available: 1 Insufficient cpu. ${noVictims}`,
    ],
    [
      'a resource the node does not have',
      pod('p', {
        containers: [{ name: 'app', resources: { requests: { 'nvidia.com/gpu': '1' } } }],
      }),
      node('n'),
      [],
      `0/1 nodes are available: 1 Insufficient nvidia.com/gpu. ${unhelpful}`,
    ],
    [
      'too many pods',
      pod('p'),
      node('n'),
      ['a', 'b', 'c'].map((name) => pod(name, { nodeName: 'n' })),
      `0/1 nodes are available: 1 Too many pods. ${noVictims}`,
    ],
    [
      'a node selector',
      pod('p', { nodeSelector: { disk: 'ssd' } }),
      node('n'),
      [],
      `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${unhelpful}`,
    ],
    [
      'a taint',
      pod('p'),
      node('n', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }),
      [],
      `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${unhelpful}`,
    ],
    [
      'a cordoned node',
      pod('p'),
      node('n', { unschedulable: true }),
      [],
      `0/1 nodes are available: 1 node(s) were unschedulable. ${unhelpful}`,
    ],
  ];
  for (const [what, candidate, onNode, others, message] of refusals) {
    test(`says why ${what} keeps a pod pending, in the words of the real scheduler`, () => {
      assert.deepEqual(decide(candidate, placementsOf([onNode], others)), {
        type: 'unschedulable',
        message,
      });
    });
  }

  test('lets a toleration pass its taint', () => {
    const tolerating = pod('p', {
      tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }],
    });
    const tainted = node('n', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] });
    assert.equal(decide(tolerating, placementsOf([tainted], [])).type, 'bind');
  });

  test('keeps pods with required anti-affinity apart, whichever came first', () => {
    const term = {
      labelSelector: { matchLabels: { app: 'db' } },
      topologyKey: 'kubernetes.io/hostname',
    };
    const lonely: Partial<PodSpec> = {
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    };
    const placed = pod('a', { ...lonely, nodeName: 'n' }, { app: 'db' });
    assert.equal(
      decide(pod('b', lonely, { app: 'db' }), placementsOf([node('n')], [placed])).type,
      'unschedulable',
    );
    assert.equal(
      decide(pod('c', {}, { app: 'db' }), placementsOf([node('n')], [placed])).type,
      'unschedulable',
    );
    assert.equal(
      decide(pod('d', lonely, { app: 'db' }), placementsOf([node('n'), node('m')], [placed])).type,
      'bind',
    );
  });

  test('spreads over zones when it must', () => {
    const spread: Partial<PodSpec> = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'w' } },
        },
      ],
    };
    const placements = placementsOf(
      [node('a', {}, { zone: '1' }), node('b', {}, { zone: '2' })],
      [pod('x', { nodeName: 'a' }, { app: 'w' })],
    );
    assert.deepEqual(decide(pod('y', spread, { app: 'w' }), placements), {
      type: 'bind',
      nodeName: 'b',
      volumes: [],
    });
  });

  test('knows that no pod that goes brings a label, or a pod that is missed', () => {
    const placements = placementsOf([node('n')], []);
    const spread: Partial<PodSpec> = {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    };
    const term = {
      labelSelector: { matchLabels: { app: 'cache' } },
      topologyKey: 'kubernetes.io/hostname',
    };
    const near: Partial<PodSpec> = {
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    };
    // As kube-scheduler 1.36 says it.
    assert.deepEqual(decide(pod('p', spread), placements), {
      type: 'unschedulable',
      message: `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). ${unhelpful}`,
    });
    assert.deepEqual(decide(pod('p', near), placements), {
      type: 'unschedulable',
      message: `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${unhelpful}`,
    });
  });

  test('says so when there is no node at all', () => {
    assert.deepEqual(decide(pod('p'), []), {
      type: 'unschedulable',
      message: 'no nodes available to schedule pods',
    });
  });
});

describe('requests of a pod', () => {
  test('are the larger of what starts and what runs', () => {
    const requests = requestsOf({
      metadata: {},
      spec: {
        initContainers: [
          { name: 'proxy', restartPolicy: 'Always', resources: { requests: { cpu: '100m' } } },
          { name: 'migrate', resources: { requests: { cpu: '1' } } },
        ],
        containers: [{ name: 'app', resources: { requests: { cpu: '250m' } } }],
      },
    });
    assert.deepEqual(
      [...requests],
      [
        ['cpu', 1100],
        ['pods', 1],
      ],
    );
  });
});
