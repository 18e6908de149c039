import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Cached } from '@kubewright/runtime';
import { Foo, type FooStatus } from '../src/index.ts';
import { nextStatus, type Friend } from '../src/foo-status.ts';

const now = new Date('2026-01-31T12:00:00Z');
const later = new Date('2026-01-31T13:00:00Z');

function foo(status?: FooStatus, generation = 1): Cached<Foo> {
  return {
    apiVersion: Foo.resource.apiVersion,
    kind: Foo.resource.kind,
    metadata: {
      name: 'f',
      namespace: 'default',
      uid: '1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-31T12:00:00Z',
      generation,
    },
    spec: { name: 'jack' },
    ...(status === undefined ? {} : { status }),
  };
}

const found: Friend = { type: 'found' };
const missing: Friend = { type: 'missing' };
const unknown: Friend = {
  type: 'unknown',
  problem: { reason: 'MissingPermission', message: 'cannot list pods' },
};

describe('the status of a Foo', () => {
  test('says from the first look on whether the friend is there', () => {
    assert.equal(nextStatus(foo(), found, now)?.happy, true);
    assert.equal(nextStatus(foo(), missing, now)?.happy, false);
    assert.equal(nextStatus(foo(), unknown, now)?.happy, undefined);
  });

  test('keeps the time of the condition while it stays true', () => {
    const first = nextStatus(foo(), missing, now);
    const second = nextStatus(foo(first), found, later);
    assert.equal(second?.conditions?.[0]?.lastTransitionTime, '2026-01-31T12:00:00Z');
    assert.equal(second.conditions[0].reason, 'FriendFound');
    const third = nextStatus(foo(second), unknown, later);
    assert.equal(third?.conditions?.[0]?.lastTransitionTime, '2026-01-31T13:00:00Z');
  });

  test('stays as it was last known while nobody can know', () => {
    const happy = nextStatus(foo(), found, now);
    const after = nextStatus(foo(happy), unknown, later);
    assert.equal(after?.happy, true);
    assert.equal(after.conditions?.[0]?.status, 'False');
  });

  test('is written anew for a new generation, though it says the same', () => {
    const first = nextStatus(foo(), found, now);
    assert.equal(nextStatus(foo(first), found, later), undefined);
    assert.equal(nextStatus(foo(first, 2), found, later)?.observedGeneration, 2);
  });

  test('is settled after one write, whatever it was before', () => {
    const friends = fc.constantFrom(found, missing, unknown);
    fc.assert(
      fc.property(fc.array(friends, { maxLength: 5 }), friends, (history, friend) => {
        let status: FooStatus | undefined;
        for (const each of [...history, friend]) {
          status = nextStatus(foo(status), each, now) ?? status;
        }
        assert.equal(nextStatus(foo(status), friend, later), undefined);
      }),
    );
  });

  test('keeps the conditions of others', () => {
    const other = {
      type: 'Other',
      status: 'True',
      reason: 'Because',
      message: '',
      lastTransitionTime: '2026-01-31T12:00:00Z',
    } as const;
    const next = nextStatus(foo({ conditions: [other] }), found, now);
    assert.deepEqual(next?.conditions?.[0], other);
  });
});
