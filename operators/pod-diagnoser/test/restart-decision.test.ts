import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Stored } from '@kubewright/apimachinery';
import { diagnose, type Category } from '@kubewright/diagnosis';
import { decideRestart, maxRestartsPerHour } from '../src/remediation/restart-decision.ts';
import type { RestartContext } from '../src/remediation/restart-decision.ts';
import { crashed, ownedBy, podOf } from './pods.ts';

const context: RestartContext = {
  findings: [],
  isNamedByLabels: true,
  recentRestarts: () => 0,
};

function owned(...owner: Parameters<typeof ownedBy>): Stored<Pod> {
  return podOf({ metadata: { ownerReferences: [ownedBy(...owner)] } });
}

function whyNot(pod: Stored<Pod>, changes: Partial<RestartContext> = {}): string | undefined {
  const decision = decideRestart(pod, { ...context, ...changes });
  return decision.type === 'skip' ? decision.why : undefined;
}

test('a pod whose controller makes a new one is restarted', () => {
  for (const [kind, apiVersion] of [
    ['ReplicaSet', 'apps/v1'],
    ['StatefulSet', 'apps/v1'],
    ['DaemonSet', 'apps/v1'],
    ['ReplicationController', 'v1'],
  ] as const) {
    assert.deepEqual(decideRestart(owned(kind, apiVersion), context), {
      type: 'restart',
      ownerUid: 'owner-1',
    });
  }
});

test('a bare pod is never deleted, nor one whose owner is no controller of it', () => {
  assert.match(whyNot(podOf()) ?? '', /no controller/);
  const reference = { ...ownedBy('ReplicaSet'), controller: false };
  assert.match(
    whyNot(podOf({ metadata: { ownerReferences: [reference] } })) ?? '',
    /no controller/,
  );
});

test('pods of Jobs, nodes and unknown controllers are never deleted', () => {
  assert.match(whyNot(owned('Job', 'batch/v1')) ?? '', /Job the-job, which retries/);
  assert.match(whyNot(owned('Node', 'v1')) ?? '', /static pod/);
  assert.match(whyNot(owned('Database', 'example.com/v1')) ?? '', /Database \(example.com\/v1\)/);
  assert.match(whyNot(owned('ReplicaSet', 'example.com/v1')) ?? '', /may not make a new one/);
});

test('mirrors of static pods and pods on their way out are left alone', () => {
  const ownerReferences = [ownedBy('ReplicaSet')];
  const mirror = podOf({
    metadata: { ownerReferences, annotations: { 'kubernetes.io/config.mirror': 'x' } },
  });
  const ending = podOf({
    metadata: { ownerReferences, deletionTimestamp: '2026-01-31T12:00:00Z' },
  });
  assert.match(whyNot(mirror) ?? '', /static pod/);
  assert.match(whyNot(ending) ?? '', /being deleted/);
});

test('the operator does not delete itself', () => {
  const pod = owned('ReplicaSet');
  assert.match(
    whyNot(pod, { self: { namespace: 'shop', name: 'web-1' } }) ?? '',
    /operator runs in/,
  );
  assert.equal(whyNot(pod, { self: { namespace: 'other', name: 'web-1' } }), undefined);
});

test('a pod of the system is deleted only when labels name it', () => {
  const pod = podOf({
    metadata: { ownerReferences: [ownedBy('DaemonSet')] },
    spec: { priorityClassName: 'system-node-critical' },
  });
  assert.match(whyNot(pod, { isNamedByLabels: false }) ?? '', /priority class/);
  assert.equal(whyNot(pod), undefined);
});

test('pods of one controller are not deleted without bound', () => {
  const pod = owned('ReplicaSet');
  assert.equal(whyNot(pod, { recentRestarts: () => maxRestartsPerHour - 1 }), undefined);
  assert.match(whyNot(pod, { recentRestarts: () => maxRestartsPerHour }) ?? '', /did not help/);
});

test('a pod that a new one would follow into the same failure is not restarted, and the reason is named', () => {
  const found = diagnose({
    pod: podOf({ status: { phase: 'Running', containerStatuses: [crashed()] } }),
    now: new Date('2026-01-31T12:00:10Z'),
  });
  assert.equal(found.length, 1);
  const whyNotFor = (category: Category): string | undefined =>
    whyNot(owned('ReplicaSet'), { findings: found.map((each) => ({ ...each, category })) });
  assert.match(whyNotFor('CommandNotFound') ?? '', /a new pod would fail the same way: .*app/);
  assert.equal(whyNotFor('AppError'), undefined);
  assert.equal(whyNotFor('KilledUnattributed'), undefined);
});
