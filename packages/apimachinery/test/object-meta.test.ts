import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  controllerOf,
  findCondition,
  formatMicroTime,
  formatTime,
  hasFinalizer,
  isConditionTrue,
  isControlledBy,
  isOwnedBy,
  ownerReference,
  parseTime,
  removeCondition,
  setCondition,
  withFinalizer,
  withoutFinalizer,
  type KubernetesObject,
  type Stored,
} from '../src/index.ts';

const now = new Date('2026-01-31T12:00:05.678Z');
const later = new Date('2026-01-31T13:00:00Z');

describe('conditions', () => {
  const ready = { type: 'Ready', status: 'True', reason: 'AllWell' } as const;

  test('are added with the time of the change', () => {
    assert.deepEqual(setCondition(undefined, { ...ready, observedGeneration: 3 }, now), [
      { ...ready, message: '', lastTransitionTime: '2026-01-31T12:00:05Z', observedGeneration: 3 },
    ]);
  });

  test('keep the time while the status stays, and change it when it does not', () => {
    const first = setCondition([], ready, now);
    const second = setCondition(first, { ...ready, message: 'still' }, later);
    assert.equal(second[0]?.lastTransitionTime, '2026-01-31T12:00:05Z');
    assert.equal(second[0].message, 'still');
    const third = setCondition(second, { ...ready, status: 'False' }, later);
    assert.equal(third[0]?.lastTransitionTime, '2026-01-31T13:00:00Z');
  });

  test('come back as the very same array when nothing changed', () => {
    const first = setCondition([], ready, now);
    assert.equal(setCondition(first, ready, later), first);
    assert.notEqual(setCondition(first, { ...ready, observedGeneration: 1 }, later), first);
  });

  test('are replaced in their place, and the given array stays as it was', () => {
    const first = setCondition(setCondition([], ready, now), { ...ready, type: 'Other' }, now);
    const second = setCondition(first, { ...ready, status: 'Unknown' }, later);
    assert.deepEqual(
      second.map(({ type, status }) => `${type}=${status}`),
      ['Ready=Unknown', 'Other=True'],
    );
    assert.equal(first[0]?.status, 'True');
  });

  test('are found and removed by type', () => {
    const conditions = setCondition([], ready, now);
    assert.equal(isConditionTrue(conditions, 'Ready'), true);
    assert.equal(isConditionTrue(conditions, 'Other'), false);
    assert.equal(isConditionTrue(undefined, 'Ready'), false);
    assert.equal(findCondition(conditions, 'Ready')?.reason, 'AllWell');
    assert.deepEqual(removeCondition(conditions, 'Ready'), []);
    assert.equal(removeCondition(conditions, 'Other'), conditions);
  });
});

describe('finalizers', () => {
  const object = { metadata: { finalizers: ['a/b'] } };

  test('are added once, at the end', () => {
    assert.deepEqual(withFinalizer(object, 'c/d'), ['a/b', 'c/d']);
    assert.equal(withFinalizer(object, 'a/b'), object.metadata.finalizers);
    assert.deepEqual(withFinalizer({ metadata: {} }, 'a/b'), ['a/b']);
  });

  test('are taken away', () => {
    assert.deepEqual(withoutFinalizer(object, 'a/b'), []);
    assert.equal(withoutFinalizer(object, 'c/d'), object.metadata.finalizers);
    assert.equal(hasFinalizer(object, 'a/b'), true);
    assert.equal(hasFinalizer({ metadata: {} }, 'a/b'), false);
  });
});

describe('owners', () => {
  const owner: Stored<KubernetesObject> = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', uid: 'u1', resourceVersion: '1', creationTimestamp: '' },
  };

  test('are referred to as controllers that block deletion, unless told otherwise', () => {
    assert.deepEqual(ownerReference(owner), {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web',
      uid: 'u1',
      controller: true,
      blockOwnerDeletion: true,
    });
    assert.equal(ownerReference(owner, { controller: false }).controller, false);
  });

  test('are recognised by uid, not by name', () => {
    const reference = ownerReference(owner);
    const owned = { metadata: { ownerReferences: [reference] } };
    assert.equal(controllerOf(owned), reference);
    assert.equal(isControlledBy(owned, owner), true);
    assert.equal(isControlledBy(owned, { metadata: { uid: 'u2' } }), false);
    const shared = {
      metadata: { ownerReferences: [ownerReference(owner, { controller: false })] },
    };
    assert.equal(isControlledBy(shared, owner), false);
    assert.equal(isOwnedBy(shared, owner), true);
    assert.equal(isOwnedBy({ metadata: {} }, owner), false);
  });
});

describe('times', () => {
  test('are written with whole seconds or six decimals', () => {
    assert.equal(formatTime(now), '2026-01-31T12:00:05Z');
    assert.equal(formatMicroTime(now), '2026-01-31T12:00:05.678000Z');
    assert.throws(() => formatTime(new Date(NaN)), TypeError);
    assert.throws(() => formatTime(new Date(8.64e15)), TypeError);
  });

  for (const [text, iso] of [
    ['2026-01-31T12:00:05Z', '2026-01-31T12:00:05.000Z'],
    ['2026-01-31T12:00:05.678901Z', '2026-01-31T12:00:05.678Z'],
    ['2026-01-31T12:00:05.6Z', '2026-01-31T12:00:05.600Z'],
    ['2026-01-31T12:00:05+02:30', '2026-01-31T09:30:05.000Z'],
    ['2026-01-31t12:00:05-01:00', '2026-01-31T13:00:05.000Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ] as const) {
    test(`${text} is read`, () => assert.equal(parseTime(text)?.toISOString(), iso));
  }

  for (const text of [
    undefined,
    '',
    '2026-01-31',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:00:05',
    '2026-01-31 12:00:05Z',
    'Sat, 31 Jan 2026 12:00:05 GMT',
  ]) {
    test(`${String(text)} is no time`, () => assert.equal(parseTime(text), undefined));
  }
});
