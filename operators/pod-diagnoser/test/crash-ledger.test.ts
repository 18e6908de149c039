import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecentCrash } from '../src/index.ts';
import { crashesOf, maxRecentCrashes } from '../src/index.ts';
import { crashedPod } from '../src/reconcile/crashed-pods.ts';
import type { DiagnosedPod } from '../src/reconcile/diagnosed-pod.ts';
import { planCrashes } from '../src/reconcile/plan-crashes.ts';
import {
  countCrashes,
  findCounted,
  maxCrashesPerWrite,
  restartsWithinWindow,
  roomFor,
} from '../src/status/crash-ledger.ts';
import { crashed, diagnoserOf, ownedBy, podOf } from './pods.ts';

const now = new Date('2026-02-01T00:00:00Z');

function entry(changes: Partial<RecentCrash> = {}): RecentCrash {
  return {
    podUid: 'uid-1',
    pod: 'web-1',
    container: 'app',
    containerType: 'app',
    restartCount: 1,
    reason: 'Error (Exit Code: 1)',
    countedAt: '2026-01-31T23:30:00Z',
    action: '',
    ...changes,
  };
}

function crashedPods(count: number, owner = 'ReplicaSet'): DiagnosedPod[] {
  return Array.from({ length: count }, (_, index) => {
    const each = crashedPod(
      podOf({
        metadata: {
          name: `web-${String(index)}`,
          uid: `uid-${String(index)}`,
          ownerReferences: [ownedBy(owner)],
        },
      }),
    );
    assert.ok(each !== undefined);
    return { ...each, findings: [] };
  });
}

test('counting notes the crash and the pod in the same piece as the count', () => {
  const [crash] = crashesOf(podOf());
  assert.ok(crash !== undefined);
  const before = { diagnosedPods: 4, recentCrashes: [entry({ podUid: 'other' })] };
  const after = countCrashes(
    before,
    [{ crash, pod: 'web-1', action: 'LogEvent' }],
    now,
    () => true,
  );
  assert.equal(after.diagnosedPods, 5);
  assert.equal(after.lastProcessedPod, 'web-1');
  assert.deepEqual(
    findCounted(after.recentCrashes ?? [], crash),
    entry({
      action: 'LogEvent',
      countedAt: '2026-02-01T00:00:00Z',
    }),
  );
  assert.equal(after.recentCrashes?.length, 2);
});

test('counting nothing changes nothing', () => {
  const before = { diagnosedPods: 4 };
  assert.equal(
    countCrashes(before, [], now, () => true),
    before,
  );
});

test('the ledger drops the oldest settled entries, never one that is open', () => {
  const recent = Array.from({ length: maxRecentCrashes }, (_, index) =>
    entry({ podUid: `old-${String(index)}` }),
  );
  const [crash] = crashesOf(podOf());
  assert.ok(crash !== undefined);
  const { recentCrashes = [] } = countCrashes(
    { recentCrashes: recent },
    [{ crash, pod: 'web-1', action: '' }],
    now,
    ({ podUid }) => podUid !== 'old-0',
  );
  assert.equal(recentCrashes.length, maxRecentCrashes);
  assert.equal(recentCrashes[0]?.podUid, 'old-0');
  assert.equal(recentCrashes[1]?.podUid, 'old-2');
  assert.equal(recentCrashes.at(-1)?.podUid, 'uid-1');
});

test('the ledger keeps deletions of the last hour longer than other settled entries', () => {
  const recent = Array.from({ length: maxRecentCrashes }, (_, index) =>
    entry({ podUid: `old-${String(index)}`, action: index === 0 ? 'RestartPod' : '' }),
  );
  const [crash] = crashesOf(podOf());
  assert.ok(crash !== undefined);
  const { recentCrashes = [] } = countCrashes(
    { recentCrashes: recent },
    [{ crash, pod: 'web-1', action: '' }],
    now,
    () => true,
  );
  assert.equal(recentCrashes[0]?.podUid, 'old-0');
  assert.equal(recentCrashes[1]?.podUid, 'old-2');
});

test('there is room for one write, and for no more than the open entries leave', () => {
  const full = Array.from({ length: maxRecentCrashes }, () => entry());
  assert.equal(
    roomFor([], () => true),
    maxCrashesPerWrite,
  );
  assert.equal(
    roomFor(full, () => true),
    maxCrashesPerWrite,
  );
  assert.equal(
    roomFor(full, () => false),
    0,
  );
  assert.equal(
    roomFor(full.slice(10), () => false),
    10,
  );
});

test('deletions count by pod, controller and hour', () => {
  const restart = entry({ action: 'RestartPod', ownerUid: 'rs' });
  const recent = [
    restart,
    { ...restart, container: 'sidecar' },
    { ...restart, podUid: 'uid-2' },
    { ...restart, podUid: 'uid-3', ownerUid: 'other' },
    { ...restart, podUid: 'uid-4', countedAt: '2026-01-31T22:59:00Z' },
    { ...restart, podUid: 'uid-5', action: 'RestartSkipped' as const },
    { ...restart, podUid: 'uid-6', countedAt: 'nonsense' },
  ];
  assert.equal(restartsWithinWindow(recent, 'rs', now), 2);
});

test('a plan counts each crash once, also those that another diagnoser has counted', () => {
  const [one, two, three] = crashedPods(3);
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const diagnoser = diagnoserOf('d', {
    spec: { remediationAction: 'LogEvent' },
    status: { recentCrashes: [entry({ podUid: 'uid-0', action: 'RestartSkipped' })] },
  });
  const other = diagnoserOf('e', { status: { recentCrashes: [entry({ podUid: 'uid-1' })] } });
  const crashedList = [one, two, three];
  const plan = planCrashes({
    diagnoser,
    diagnosers: [diagnoser, other],
    crashed: crashedList,
    allCrashed: crashedList,
    self: undefined,
    now,
  });
  assert.deepEqual(
    plan.toCount.map(({ pod }) => pod),
    ['web-2'],
  );
  assert.deepEqual(plan.pods, crashedList);
  // What was decided when it was counted holds, whatever the specification says now.
  assert.equal(plan.actions.get('uid-0/app/1'), 'RestartSkipped');
  assert.equal(plan.actions.get('uid-2/app/1'), 'LogEvent');
});

test('a plan takes no more than one write holds, and leaves the rest for the next', () => {
  const crashedList = crashedPods(maxCrashesPerWrite + 5);
  const diagnoser = diagnoserOf('d');
  const plan = planCrashes({
    diagnoser,
    diagnosers: [diagnoser],
    crashed: crashedList,
    allCrashed: crashedList,
    self: undefined,
    now,
  });
  assert.equal(plan.toCount.length, maxCrashesPerWrite);
  assert.equal(plan.isPartial, true);
});

test('a plan bounds the deletions of one controller, those planned with it included', () => {
  const crashedList = crashedPods(12);
  const diagnoser = diagnoserOf('d', { spec: { remediationAction: 'RestartPod' } });
  const plan = planCrashes({
    diagnoser,
    diagnosers: [diagnoser],
    crashed: crashedList,
    allCrashed: crashedList,
    self: undefined,
    now,
  });
  const actions = plan.toCount.map(({ action }) => action);
  assert.equal(actions.filter((action) => action === 'RestartPod').length, 10);
  assert.equal(actions.filter((action) => action === 'RestartSkipped').length, 2);
});

test('pods that are ending and mirrors of static pods are not looked at', () => {
  const status = { containerStatuses: [crashed()] };
  const deletionTimestamp = '2026-01-31T12:00:00Z';
  const annotations = { 'kubernetes.io/config.mirror': 'x' };
  assert.equal(crashedPod(podOf({ metadata: { deletionTimestamp }, status })), undefined);
  assert.equal(crashedPod(podOf({ metadata: { annotations }, status })), undefined);
});
