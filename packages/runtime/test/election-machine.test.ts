import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease, LeaseSpec, Stored } from '@kubewright/apimachinery';
import {
  defaultElectionTimes,
  electionStep,
  electionTimes,
  firstStep,
} from '../src/election/index.ts';
import type {
  ElectionContext,
  ElectionInput,
  ElectionState,
  ElectionStep,
} from '../src/election/index.ts';

const date = new Date('2026-01-31T12:00:00.250Z');

function at(nowMs: number, overrides: Partial<ElectionContext> = {}): ElectionContext {
  return {
    leaseName: 'op',
    leaseNamespace: 'ns',
    identity: 'me',
    times: defaultElectionTimes,
    nowMs,
    date,
    random: 0,
    ...overrides,
  };
}

function leaseOf(spec: LeaseSpec, resourceVersion = '7'): Stored<Lease> {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: 'op',
      namespace: 'ns',
      uid: 'u1',
      resourceVersion,
      creationTimestamp: '2026-01-31T11:00:00Z',
    },
    spec,
  };
}

const theirs: LeaseSpec = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  // Wrong by years: the clocks of other machines decide nothing.
  renewTime: '2001-01-01T00:00:00.000000Z',
  acquireTime: '2001-01-01T00:00:00.000000Z',
  leaseTransitions: 3,
};

const mine: LeaseSpec = { ...theirs, holderIdentity: 'me' };

function leader(
  overrides: Partial<Extract<ElectionState, { role: 'leader' }>> = {},
): ElectionState {
  return {
    role: 'leader',
    lease: leaseOf(mine),
    renewedAtMs: 0,
    knowledge: 'written',
    ...overrides,
  };
}

function run(state: ElectionState, ...inputs: (readonly [number, ElectionInput])[]): ElectionStep {
  let step: ElectionStep = { state, command: { type: 'read' } };
  for (const [nowMs, input] of inputs) step = electionStep(step.state, input, at(nowMs));
  return step;
}

test('a candidate begins by reading the lease', () => {
  assert.deepEqual(firstStep.command, { type: 'read' });
});

test('a candidate makes a lease that does not exist', () => {
  const { command } = run(firstStep.state, [0, { type: 'read', lease: undefined }]);
  assert.deepEqual(command, {
    type: 'create',
    lease: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'op', namespace: 'ns' },
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: '2026-01-31T12:00:00.250000Z',
        renewTime: '2026-01-31T12:00:00.250000Z',
        leaseTransitions: 0,
      },
    },
  });
});

test('a candidate whose write is accepted leads from the moment the write was sent', () => {
  const { state, command } = run(firstStep.state, [
    1500,
    { type: 'written', lease: leaseOf(mine), sentAtMs: 1000 },
  ]);
  assert.equal(state.role, 'leader');
  assert.equal(state.renewedAtMs, 1000);
  assert.deepEqual(command, { type: 'wait', delayMs: 2000 });
});

test('an acceptance that comes after the renew deadline makes no leader', () => {
  const { state, command } = run(firstStep.state, [
    12_000,
    { type: 'written', lease: leaseOf(mine), sentAtMs: 1000 },
  ]);
  assert.equal(state.role, 'candidate');
  assert.deepEqual(command, { type: 'read' });
});

test('a candidate leaves a held lease alone however old its renewTime is', () => {
  const { state, command } = run(firstStep.state, [5000, { type: 'read', lease: leaseOf(theirs) }]);
  assert.equal(state.role, 'candidate');
  assert.deepEqual(command, { type: 'wait', delayMs: 2000 });
});

test('a candidate spreads its tries by up to 1.2 retry periods', () => {
  const input = { type: 'read', lease: leaseOf(theirs) } as const;
  const { command } = electionStep(firstStep.state, input, at(0, { random: 0.5 }));
  assert.deepEqual(command, { type: 'wait', delayMs: 2000 * 1.6 });
});

test('a candidate takes over a lease that was not renewed for its duration since it was first seen', () => {
  const seen = { type: 'read', lease: leaseOf(theirs) } as const;
  assert.equal(run(firstStep.state, [1000, seen], [15_999, seen]).command.type, 'wait');
  const { command } = run(firstStep.state, [1000, seen], [16_000, seen]);
  assert.equal(command.type, 'update');
  assert.deepEqual(command.lease.spec, {
    holderIdentity: 'me',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-31T12:00:00.250000Z',
    renewTime: '2026-01-31T12:00:00.250000Z',
    leaseTransitions: 4,
  });
  assert.equal(command.lease.metadata.resourceVersion, '7');
});

test('each renewal that a candidate sees starts its waiting anew', () => {
  const renewed = leaseOf({ ...theirs, renewTime: '2001-01-01T00:00:02.000000Z' }, '8');
  const { command } = run(
    firstStep.state,
    [0, { type: 'read', lease: leaseOf(theirs) }],
    [14_000, { type: 'read', lease: renewed }],
    [16_000, { type: 'read', lease: renewed }],
  );
  assert.equal(command.type, 'wait');
});

test('a change of the object that is no renewal does not lengthen the waiting', () => {
  const { command } = run(
    firstStep.state,
    [0, { type: 'read', lease: leaseOf(theirs) }],
    [15_000, { type: 'read', lease: leaseOf(theirs, '9') }],
  );
  assert.equal(command.type, 'update');
});

test('a candidate waits as long as the holder asked for, not as long as it would ask itself', () => {
  const longer = { type: 'read', lease: leaseOf({ ...theirs, leaseDurationSeconds: 60 }) } as const;
  assert.equal(run(firstStep.state, [0, longer], [59_999, longer]).command.type, 'wait');
  assert.equal(run(firstStep.state, [0, longer], [60_000, longer]).command.type, 'update');
});

test('a candidate takes a released lease at once', () => {
  const released = leaseOf({ ...theirs, holderIdentity: '', leaseDurationSeconds: 1 });
  const { command } = run(firstStep.state, [0, { type: 'read', lease: released }]);
  assert.equal(command.type, 'update');
  assert.equal(command.lease.spec?.leaseTransitions, 4);
});

test('a candidate that finds itself as holder renews: its write went through without an answer', () => {
  const { command } = run(
    firstStep.state,
    [0, { type: 'failed' }],
    [2000, { type: 'read', lease: leaseOf(mine) }],
  );
  assert.equal(command.type, 'update');
  assert.equal(command.lease.spec?.leaseTransitions, 3);
  assert.equal(command.lease.spec.acquireTime, theirs.acquireTime);
});

test('a candidate that saw a holder waits out its lease when the lease is deleted', () => {
  const seen = { type: 'read', lease: leaseOf(theirs) } as const;
  const gone = { type: 'read', lease: undefined } as const;
  assert.equal(run(firstStep.state, [0, seen], [14_999, gone]).command.type, 'wait');
  assert.equal(run(firstStep.state, [0, seen], [15_000, gone]).command.type, 'create');
});

test('a candidate waits after a refused or failed write', () => {
  for (const type of ['refused', 'failed'] as const) {
    assert.equal(run(firstStep.state, [0, { type }]).command.type, 'wait');
  }
});

test('a leader renews without reading, keeps acquireTime and transitions, and keeps fields it does not know', () => {
  const lease = leaseOf({
    ...mine,
    preferredHolder: 'someone',
    strategy: 'OldestEmulationVersion',
  });
  const { command } = run(leader({ lease }), [2000, { type: 'due' }]);
  assert.equal(command.type, 'update');
  assert.deepEqual(command.lease.spec, {
    ...mine,
    preferredHolder: 'someone',
    strategy: 'OldestEmulationVersion',
    renewTime: '2026-01-31T12:00:00.250000Z',
  });
});

test('a leader loses the lease at its renew deadline, not before', () => {
  assert.equal(run(leader(), [9999, { type: 'failed' }]).state.role, 'leader');
  const { state, command } = run(leader(), [10_000, { type: 'due' }]);
  assert.deepEqual(state, { role: 'lost', cause: { type: 'deadline', renewDeadlineMs: 10_000 } });
  assert.deepEqual(command, { type: 'stop' });
});

test('a leader never waits beyond its deadline', () => {
  assert.deepEqual(run(leader(), [9500, { type: 'failed' }]).command, {
    type: 'wait',
    delayMs: 500,
  });
});

test('a renewal that is answered late counts from when it was sent', () => {
  const written = { type: 'written', lease: leaseOf(mine, '8'), sentAtMs: 9000 } as const;
  const { state } = run(leader(), [10_500, written]);
  assert.equal(state.role, 'leader');
  assert.equal(run(state, [18_999, { type: 'failed' }]).state.role, 'leader');
  assert.equal(run(state, [19_000, { type: 'failed' }]).state.role, 'lost');
});

test('a leader reads before it writes again when the outcome of a write is unknown', () => {
  const { command } = run(leader(), [2500, { type: 'failed' }], [4500, { type: 'due' }]);
  assert.deepEqual(command, { type: 'read' });
});

test('a leader whose renewal is refused reads at once, and loses to whoever it finds', () => {
  const refused = run(leader(), [2000, { type: 'refused' }]);
  assert.deepEqual(refused.command, { type: 'read' });
  assert.deepEqual(run(refused.state, [2100, { type: 'read', lease: leaseOf(theirs) }]).state, {
    role: 'lost',
    cause: { type: 'taken', holder: 'other' },
  });
});

test('a leader that finds itself after a refusal writes what it read', () => {
  const { command, state } = run(
    leader(),
    [2000, { type: 'refused' }],
    [2100, { type: 'read', lease: leaseOf(mine, '20') }],
  );
  assert.equal(command.type, 'update');
  assert.equal(command.lease.metadata.resourceVersion, '20');
  assert.equal(state.role, 'leader');
});

test('a leader refused again and again pauses between its tries', () => {
  const { command } = run(
    leader(),
    [2000, { type: 'refused' }],
    [2100, { type: 'read', lease: leaseOf(mine, '20') }],
    [2200, { type: 'refused' }],
  );
  assert.deepEqual(command, { type: 'wait', delayMs: 2000 });
});

test('a leader whose holder name was cleared by somebody else has lost', () => {
  const cleared = leaseOf({ ...mine, holderIdentity: '' });
  const { state } = run(leader({ knowledge: 'stale' }), [2000, { type: 'read', lease: cleared }]);
  assert.deepEqual(state, { role: 'lost', cause: { type: 'cleared' } });
});

test('a leader makes a deleted lease again, and stays leader when nobody was faster', () => {
  const gone = run(
    leader(),
    [2000, { type: 'refused' }],
    [2100, { type: 'read', lease: undefined }],
  );
  assert.equal(gone.command.type, 'create');
  const again = run(gone.state, [2300, { type: 'written', lease: leaseOf(mine), sentAtMs: 2100 }]);
  assert.equal(again.state.role, 'leader');
  assert.equal(again.state.renewedAtMs, 2100);
});

test('a leader whose deleted lease somebody else made again has lost', () => {
  const step = run(
    leader(),
    [2000, { type: 'refused' }],
    [2100, { type: 'read', lease: undefined }],
    [2200, { type: 'refused' }],
    [4200, { type: 'due' }],
    [4300, { type: 'read', lease: leaseOf(theirs) }],
  );
  assert.equal(step.state.role, 'lost');
});

test('what is lost stays lost', () => {
  const lost: ElectionState = { role: 'lost', cause: { type: 'cleared' } };
  const step = run(lost, [0, { type: 'written', lease: leaseOf(mine), sentAtMs: 0 }]);
  assert.deepEqual(step, { state: lost, command: { type: 'stop' } });
});

test('refuses times under which two could lead at once or one failed try ends a leadership', () => {
  assert.throws(() => electionTimes({ leaseDurationMs: 10_000 }), /two could lead at once/);
  assert.throws(() => electionTimes({ retryPeriodMs: 9000 }), /one failed try/);
  assert.throws(() => electionTimes({ retryPeriodMs: 0 }), /positive/);
  assert.throws(() => electionTimes({ leaseDurationMs: Number.NaN }), /positive/);
  assert.deepEqual(electionTimes(), defaultElectionTimes);
});
