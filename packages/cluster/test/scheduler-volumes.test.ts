import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  findCondition,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type Stored,
} from '@kubewright/apimachinery';
import { decide, placementsOf } from '../src/scheduler/decide.ts';
import type { StorageView } from '../src/scheduler/volumes.ts';
import { lastStates, readTrace } from './recorded-trace.ts';

const stored = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const node: Stored<Node> = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { ...stored, name: 'n', uid: 'n', labels: { 'kubernetes.io/hostname': 'n' } },
  status: { allocatable: { cpu: '2', memory: '4Gi', pods: '3' } },
};
const pod: Stored<Pod> = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...stored, name: 'p', namespace: 'default', uid: 'p' },
  spec: {
    containers: [{ name: 'app' }],
    volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
  },
};

function claim(
  changes: Partial<Stored<PersistentVolumeClaim>> = {},
): Stored<PersistentVolumeClaim> {
  const { metadata, spec, ...rest } = changes;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    status: { phase: 'Pending' },
    ...rest,
    metadata: { ...stored, name: 'data', namespace: 'default', uid: 'c', ...metadata },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'late',
      ...spec,
    },
  };
}

function volume(
  name: string,
  spec: Partial<PersistentVolume['spec'] & object> = {},
): Stored<PersistentVolume> {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { ...stored, name, uid: name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      storageClassName: 'late',
      local: { path: '/mnt' },
      ...spec,
    },
    status: { phase: 'Available' },
  };
}

const onNode = (name: string) => ({
  nodeAffinity: {
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] },
      ],
    },
  },
});
const bound = {
  metadata: {
    ...stored,
    name: 'data',
    uid: 'c',
    annotations: { 'pv.kubernetes.io/bind-completed': 'yes' },
  },
  spec: { volumeName: 'v' },
  status: { phase: 'Bound' },
};

function storage(
  claims: readonly Stored<PersistentVolumeClaim>[],
  volumes: readonly Stored<PersistentVolume>[] = [],
  provisioner = 'example.com/maker',
): StorageView {
  return {
    claimOf: (_namespace, name) => claims.find(({ metadata }) => metadata.name === name),
    volumes,
    classOf: (name) =>
      name === 'late' || name === 'now'
        ? {
            metadata: { name },
            provisioner,
            volumeBindingMode: name === 'late' ? 'WaitForFirstConsumer' : 'Immediate',
          }
        : undefined,
  };
}

const look = (view: StorageView) => decide(pod, placementsOf([node], []), view);
const unhelpful =
  'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

describe('scheduling of pods with claims', () => {
  const refusals: [string, StorageView, string][] = [
    [
      'a claim that is not there',
      storage([]),
      '0/1 nodes are available: persistentvolumeclaim "data" not found. not found',
    ],
    [
      'a claim that is being deleted',
      storage([
        claim({ metadata: { ...stored, name: 'data', uid: 'c', deletionTimestamp: 'now' } }),
      ]),
      '0/1 nodes are available: persistentvolumeclaim "data" is being deleted. not found',
    ],
    [
      'a claim whose volume is lost',
      storage([claim({ ...bound, status: { phase: 'Lost' } })]),
      '0/1 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "v". not found',
    ],
    [
      'a claim that is bound without a pod, and is not yet',
      storage([claim({ spec: { storageClassName: 'now' } })]),
      '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
    ],
    [
      'a volume on another node',
      storage([claim(bound)], [volume('v', onNode('gone'))]),
      `0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity. ${unhelpful}`,
    ],
    [
      'a volume that does not exist',
      storage([claim(bound)]),
      `0/1 nodes are available: 1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). ${unhelpful}`,
    ],
    [
      'no volume that fits, and nobody who makes one',
      storage([claim()], [volume('v', onNode('gone'))], 'kubernetes.io/no-provisioner'),
      `0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. ${unhelpful}`,
    ],
  ];
  for (const [what, view, message] of refusals) {
    test(`says why: ${what}`, () => {
      assert.deepEqual(look(view), { type: 'unschedulable', message });
    });
  }

  test('binds a pod whose claims are bound', () => {
    const decision = look(storage([claim(bound)], [volume('v', onNode('n'))]));
    assert.deepEqual(decision, { type: 'bind', nodeName: 'n', volumes: [] });
  });

  test('takes the smallest volume of the node for a claim that waited for a pod', () => {
    const small = volume('small', onNode('n'));
    const big = volume('big', { ...onNode('n'), capacity: { storage: '5Gi' } });
    const elsewhere = volume('elsewhere', onNode('m'));
    const view = storage([claim()], [big, elsewhere, small]);
    const decision = look(view);
    assert.ok(decision.type === 'bind');
    assert.deepEqual(
      decision.volumes.map((choice) => choice.volume?.metadata.name),
      ['small'],
    );
  });

  test('has a volume made where there is none', () => {
    const decision = look(storage([claim()]));
    assert.ok(decision.type === 'bind');
    assert.deepEqual(
      decision.volumes.map((choice) => [choice.claim.metadata.name, choice.volume]),
      [['data', undefined]],
    );
  });
});

describe('what the real scheduler said of recorded pods with claims', () => {
  for (const scenario of ['unsched-pvc-missing', 'unsched-volume-node-affinity']) {
    test(scenario, () => {
      const trace = readTrace(scenario);
      const [recorded] = lastStates<Pod>(trace, 'Pod');
      assert.ok(recorded);
      const claims = lastStates<PersistentVolumeClaim>(trace, 'PersistentVolumeClaim');
      const volumes = lastStates<PersistentVolume>(trace, 'PersistentVolume');
      const decision = decide(recorded, placementsOf([node], []), storage(claims, volumes));
      const said = findCondition(recorded.status?.conditions, 'PodScheduled')?.message;
      assert.deepEqual(decision, { type: 'unschedulable', message: said });
    });
  }
});
