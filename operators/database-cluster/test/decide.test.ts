import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, unwellLimitMs, type Decision, type DecisionInput } from '../src/agent/decide.ts';
import type { LeaderRecord } from '../src/agent/leader-record.ts';
import type { LocalState } from '../src/agent/local-state.ts';

const failover = { candidates: 3, durability: 'Synchronous', maximumLagBytes: 100 } as const;
const asynchronous = { ...failover, durability: 'Asynchronous' } as const;

function recordOf(given: Partial<LeaderRecord> & Partial<LeaderRecord['settings']>): LeaderRecord {
  const { failover: allowed = failover, ...rest } = given;
  return {
    holder: undefined,
    renewal: '1',
    leaseDurationMs: 15_000,
    primary: 'db-0',
    address: '10.0.0.1',
    successors: ['db-1'],
    systemIdentifier: '7',
    position: 1000n,
    lastFailover: undefined,
    settings: {
      instances: 3,
      major: 15,
      failover: allowed,
      tls: false,
      authentication: 'scram-sha-256',
      username: 'app',
      metricsPath: undefined,
    },
    ...rest,
  };
}

/** A standby that has all of the log. */
const standby: LocalState = {
  data: 'present',
  isStandbyData: true,
  systemIdentifier: '7',
  process: 'standby',
  failedStep: '',
  doneNumber: 1,
  server: { type: 'standby', position: 1000n, isStreaming: false },
};
const empty: LocalState = {
  ...standby,
  data: 'absent',
  isStandbyData: false,
  systemIdentifier: undefined,
  process: 'none',
  server: undefined,
};
const oldPrimary: LocalState = {
  ...standby,
  isStandbyData: false,
  process: 'none',
  server: undefined,
};
const behind = (bytes: bigint): LocalState => ({
  ...standby,
  server: { type: 'standby', position: 1000n - bytes, isStreaming: false },
});
const isNew = {
  primary: undefined,
  address: undefined,
  systemIdentifier: undefined,
  position: undefined,
  successors: ['db-0'],
};

/** What an agent sees, and what it should do; the pod is db-1 unless it is said. */
const cases: readonly (readonly [
  string,
  Partial<Omit<DecisionInput, 'record'>> & { readonly record?: Parameters<typeof recordOf>[0] },
  Decision['type'],
])[] = [
  // A new database.
  ['the first pod begins a new database', { name: 'db-0', record: isNew, local: empty }, 'contend'],
  [
    'the first pod begins an asynchronous one',
    { name: 'db-0', record: { ...isNew, failover: asynchronous }, local: empty },
    'contend',
  ],
  ['others wait for it', { record: isNew, local: empty }, 'follow'],
  // Holding the lease.
  ['the holder leads', { record: { holder: 'me' } }, 'lead'],
  [
    'the holder leads while its server is slow',
    { record: { holder: 'me' }, unwellMs: unwellLimitMs },
    'lead',
  ],
  [
    'and gives up when it stays away',
    { record: { holder: 'me' }, unwellMs: unwellLimitMs + 1 },
    'release',
  ],
  [
    'but not when nobody could take over',
    { record: { holder: 'me', successors: [] }, unwellMs: unwellLimitMs + 1 },
    'lead',
  ],
  ['the holder of a lost volume gives up', { record: { holder: 'me' }, local: empty }, 'release'],
  ['an earlier pod of its name is somebody else', { record: { holder: 'db-1_old' } }, 'follow'],
  // Another holds it.
  ['others follow while the lease lasts', { record: { holder: 'db-0_1' } }, 'follow'],
  [
    'a successor takes what has run out',
    { record: { holder: 'db-0_1' }, isExpired: true },
    'contend',
  ],
  ['a successor takes what was given back', {}, 'contend'],
  ['who is no successor does not', { name: 'db-2' }, 'follow'],
  ['the last primary may have it again', { name: 'db-0', local: oldPrimary }, 'contend'],
  [
    'not when another was the primary since',
    { name: 'db-0', record: { primary: 'db-1', successors: [] }, local: oldPrimary },
    'follow',
  ],
  ['a successor without data cannot', { local: empty }, 'follow'],
  ['nor with data that went its own way', { local: oldPrimary }, 'follow'],
  ['nor one that just gave it back', { isResting: true }, 'follow'],
  // Asynchronous.
  [
    'a standby that lacks what is allowed takes over',
    { record: { failover: asynchronous }, local: behind(100n) },
    'contend',
  ],
  [
    'one that lacks more does not',
    { record: { failover: asynchronous }, local: behind(101n) },
    'follow',
  ],
  [
    'nor one that does not know what it lacks',
    { record: { failover: asynchronous, position: undefined } },
    'follow',
  ],
  [
    'nor one whose server does not answer',
    { record: { failover: asynchronous }, local: { ...standby, server: undefined } },
    'follow',
  ],
  ['a synchronous one has been named because it lacks nothing', { local: behind(500n) }, 'contend'],
  [
    'the last primary lacks nothing',
    { name: 'db-0', record: { failover: asynchronous }, local: oldPrimary },
    'contend',
  ],
  // Foreign data.
  [
    'data of another database is refused',
    { local: { ...standby, systemIdentifier: '8' } },
    'refuse',
  ],
  [
    'also by the holder',
    { record: { holder: 'me' }, local: { ...standby, systemIdentifier: '8' } },
    'refuse',
  ],
];

for (const [title, { record = {}, ...given }, expected] of cases) {
  test(title, () => {
    const decision = decide({
      name: 'db-1',
      identity: 'me',
      isExpired: false,
      local: standby,
      unwellMs: 0,
      isResting: false,
      record: recordOf(record),
      ...given,
    });
    assert.equal(decision.type, expected);
  });
}

test('who follows is told where, as soon as it is known', () => {
  const input = {
    name: 'db-2',
    identity: 'me',
    isExpired: false,
    local: standby,
    unwellMs: 0,
    isResting: false,
  };
  const addressOf = (address: string | undefined) => {
    const decision = decide({ ...input, record: recordOf({ holder: 'db-0_1', address }) });
    return decision.type === 'follow' ? decision.address : decision.type;
  };
  assert.equal(addressOf('10.0.0.1'), '10.0.0.1');
  assert.equal(addressOf(undefined), undefined);
});
