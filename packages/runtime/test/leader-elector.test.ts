import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { LeaderElector, LeaseLostError } from '../src/election/index.ts';
import type { LeaderElectorOptions } from '../src/election/index.ts';
import { FakeClock, settle } from '../src/testing/fake-clock.ts';
import { LeasesInMemory } from './leases-in-memory.ts';
import { failure } from './status-failure.ts';

const never = new AbortController().signal;

function setUp(): {
  clock: FakeClock;
  leases: LeasesInMemory;
  elector: (identity: string, options?: Partial<LeaderElectorOptions>) => LeaderElector;
} {
  const clock = new FakeClock();
  const leases = new LeasesInMemory();
  return {
    clock,
    leases,
    elector: (identity, options = {}) =>
      new LeaderElector({
        client: leases.client,
        leaseName: 'op',
        leaseNamespace: 'ns',
        identity,
        clock,
        random: () => 0,
        ...options,
      }),
  };
}

test('leads at once when there is no lease, renews every retry period, and gives the lease back', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  assert.equal(leases.lease?.spec?.renewTime, '2026-01-01T00:00:00.000000Z');

  await clock.advance(2000);
  assert.equal(leases.lease.spec.renewTime, '2026-01-01T00:00:02.000000Z');
  assert.equal(leases.lease.spec.acquireTime, '2026-01-01T00:00:00.000000Z');
  assert.equal(leadership.isLeader, true);

  await leadership.release();
  assert.equal(leases.lease.spec.holderIdentity, '');
  assert.equal(leases.lease.spec.leaseDurationSeconds, 1);
  assert.equal(leadership.isLeader, false);
  assert.equal(leadership.signal.aborted, false);
  assert.equal(clock.pendingTimers, 0);
});

test('a standby takes over within a retry period of the release', async () => {
  const { clock, leases, elector } = setUp();
  const first = await elector('a').acquire(never);
  const second = elector('b').acquire(never);
  await settle();
  await clock.advance(3000);
  await first.release();
  await clock.advance(2000);
  const leadership = await second;
  assert.equal(leases.lease?.spec?.holderIdentity, 'b');
  assert.equal(leases.lease.spec.leaseTransitions, 1);
  await leadership.release();
});

test('a standby takes over when the leader is gone without a word, after the lease duration', async () => {
  const { clock, leases, elector } = setUp();
  const first = await elector('a', { releaseOnCancel: false }).acquire(never);
  await first.release();
  let hasTakenOver = false;
  const second = elector('b').acquire(never);
  await settle();
  void second.then(() => {
    hasTakenOver = true;
  });
  await clock.advance(14_000);
  assert.equal(hasTakenOver, false);
  await clock.advance(2000);
  assert.equal(hasTakenOver, true);
  assert.deepEqual(leases.writes, ['a', 'b']);
  await (await second).release();
});

test('never lets two lead at once while the API server refuses the leader', async () => {
  const { clock, leases, elector } = setUp();
  const first = await elector('a').acquire(never);
  const second = elector('b').acquire(never);
  await settle();
  await clock.advance(1000);
  leases.before = (verb) => {
    if (verb === 'update' && leases.lease?.spec?.holderIdentity === 'a' && first.isLeader) {
      throw failure(500, 'InternalError');
    }
  };
  let lostAtMs: number | undefined;
  let wonAtMs: number | undefined;
  first.signal.addEventListener('abort', () => (lostAtMs = clock.monotonicMs()));
  void second.then(() => (wonAtMs = clock.monotonicMs()));
  for (let elapsed = 0; elapsed < 20; elapsed += 1) await clock.advance(1000);

  assert.equal(lostAtMs, 10_000);
  assert.ok(wonAtMs !== undefined && wonAtMs >= 15_000, String(wonAtMs));
  assert.ok(first.signal.reason instanceof LeaseLostError);
  assert.equal(first.signal.reason.loss.type, 'deadline');
  await first.release();
  assert.equal(leases.lease?.spec?.holderIdentity, 'b');
  await (await second).release();
});

test('loses the lease at the deadline although a request hangs and ignores its signal', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  leases.before = () => new Promise(() => undefined);
  await clock.advance(9_999);
  assert.equal(leadership.signal.aborted, false);
  await clock.advance(1);
  assert.equal(leadership.signal.aborted, true);
  assert.equal(leadership.isLeader, false);
  assert.equal(clock.pendingTimers, 0);
});

test('keeps leading through a renewal that went through without an answer', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  let cut = 0;
  leases.after = (verb) => {
    if (verb === 'update' && cut === 0) {
      cut += 1;
      throw new Error('connection reset');
    }
  };
  await clock.advance(20_000);
  assert.equal(leadership.signal.aborted, false);
  assert.equal(cut, 1);
  await leadership.release();
});

test('learns at its next renewal that somebody took the lease', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  leases.edit((lease) => {
    lease.spec = { ...lease.spec, holderIdentity: 'thief' };
  });
  await clock.advance(2000);
  assert.match(String(leadership.signal.reason), /thief holds it now/);
  await leadership.release();
  assert.equal(leases.lease?.spec?.holderIdentity, 'thief');
});

test('keeps leading when somebody else changes the object only', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  leases.edit((lease) => {
    lease.metadata.labels = { seen: 'yes' };
  });
  await clock.advance(4000);
  assert.equal(leadership.isLeader, true);
  assert.equal(leases.lease?.metadata.labels?.['seen'], 'yes');
  await leadership.release();
});

test('makes a lease again that was deleted under it', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  leases.remove();
  await clock.advance(2000);
  assert.equal(leadership.isLeader, true);
  assert.equal(leases.lease?.spec?.holderIdentity, 'a');
  await leadership.release();
});

test('does not let a hanging renewal undo the release', async () => {
  const { clock, leases, elector } = setUp();
  const leadership = await elector('a').acquire(never);
  const held = Promise.withResolvers<undefined>();
  let isFirst = true;
  leases.before = async (verb) => {
    if (verb !== 'update' || !isFirst) return;
    isFirst = false;
    await held.promise;
  };
  await clock.advance(2000);
  const released = leadership.release();
  await settle();
  held.resolve(undefined);
  await released;
  await settle();
  assert.equal(leases.lease?.spec?.holderIdentity, '');
});

test('waits as a candidate without a permission, and leads when it is given', async () => {
  const { clock, leases, elector } = setUp();
  leases.before = () => {
    throw failure(403, 'Forbidden');
  };
  const pending = elector('a').acquire(never);
  await settle();
  await clock.advance(10_000);
  leases.before = () => undefined;
  await clock.advance(2000);
  await (await pending).release();
  assert.deepEqual(leases.writes, ['a', '']);
});

test('stops waiting when its signal aborts, and leaves no timer and no listener', async () => {
  const { clock, leases, elector } = setUp();
  const first = await elector('a').acquire(never);
  const stop = new AbortController();
  const pending = elector('b').acquire(stop.signal);
  await settle();
  await clock.advance(3000);
  stop.abort(new Error('enough'));
  await assert.rejects(pending, /enough/);
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  await first.release();
  assert.equal(clock.pendingTimers, 0);
  assert.equal(leases.writes.includes('b'), false);
});

test('gives back a lease that it won while it was told to stop', async () => {
  const { leases, elector } = setUp();
  const stop = new AbortController();
  leases.after = (verb) => {
    if (verb === 'create') stop.abort(new Error('enough'));
  };
  await assert.rejects(elector('a').acquire(stop.signal), /enough/);
  await settle();
  assert.equal(leases.lease?.spec?.holderIdentity, '');
});

test('gives every process another identity that begins with the host name', () => {
  const { leases } = setUp();
  const options = { client: leases.client, leaseName: 'op', leaseNamespace: 'ns' };
  const [one, other] = [new LeaderElector(options), new LeaderElector(options)];
  assert.notEqual(one.identity, other.identity);
  assert.match(one.identity, /^.+_[0-9a-f-]{36}$/);
});
