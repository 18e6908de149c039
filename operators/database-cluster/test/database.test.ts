import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pod } from '@kubewright/apimachinery';
import { DatabaseWorld, patientLeaseSeconds, worldTestLimitMs } from './database-world.ts';
import { missingPrograms } from './server-programs.ts';
import { WritingClient } from './writing-client.ts';

const options = { skip: missingPrograms ?? false, timeout: worldTestLimitMs };

let world: DatabaseWorld;
before(async () => {
  if (missingPrograms === undefined) world = await DatabaseWorld.start();
});
after(async () => {
  if (missingPrograms === undefined) await world[Symbol.asyncDispose]();
});

async function numbersIn(database: string): Promise<number[]> {
  const sql = 'SELECT number FROM numbers ORDER BY 1';
  return (await world.query<{ number: number }>(database, sql)).map(({ number }) => number);
}

async function createTable(database: string): Promise<void> {
  await world.query(database, 'CREATE TABLE IF NOT EXISTS numbers (number int PRIMARY KEY)');
}

/** A new database names who may be its first primary: that one is no heir of its own. */
async function untilStandbyInSync(database: string): Promise<void> {
  await world.until(async () => {
    const { primary, successors } = await world.record(database);
    return successors.some((name) => name !== primary);
  });
}

/**
 * Kills the primary with SIGKILL, as nobody is given time, until another pod leads. Its own new pod has as much right to
 * the lease as the heirs, and may be there before it has run out: then that one is killed, too.
 */
async function killPrimary(database: string): Promise<void> {
  const { namespace, client } = world;
  const { primary: victim = '' } = await world.record(database);
  let killed = '';
  await world.until(async () => {
    const { primary, address } = await world.record(database);
    if (primary !== victim && address !== undefined) return true;
    const { uid } = (await world.pod(victim)).metadata;
    if (uid !== killed) {
      const options = { preconditions: { uid }, gracePeriodSeconds: 0 };
      await client.delete(Pod, { namespace, name: victim }, options);
      killed = uid;
    }
    return false;
  });
}

test('a killed database comes back with its rows', options, async () => {
  world.startOperator();
  await world.createDatabase('one');
  await world.untilReady('one');
  await createTable('one');
  const sql = 'INSERT INTO numbers SELECT generate_series(1, 1000) ON CONFLICT DO NOTHING';
  await world.query('one', sql);

  const { uid } = (await world.pod('one-0')).metadata;
  await world.client.delete(
    Pod,
    { namespace: world.namespace, name: 'one-0' },
    { gracePeriodSeconds: 0 },
  );
  await world.until(async () => (await world.pod('one-0')).metadata.uid !== uid);
  await world.until(async () => (await numbersIn('one')).length === 1000);
  await world.stopOperator();
});

test(
  'primaries are killed one after the other under a writing client, also while the operator is gone, and every acknowledged row is there',
  options,
  async () => {
    world.startOperator();
    await world.createDatabase('ha', { replicas: 3, ha: { enabled: true } });
    await world.untilReady('ha');
    await untilStandbyInSync('ha');
    await createTable('ha');
    await world.stopOperator();

    await using writer = new WritingClient(world, 'ha');
    for (let round = 0; round < 3; round += 1) {
      await untilStandbyInSync('ha');
      const before = writer.acknowledged.length;
      await world.until(async () => writer.acknowledged.length > before + 100);
      await killPrimary('ha');
      const count = writer.acknowledged.length;
      await world.until(async () => writer.acknowledged.length > count + 100);
    }
    await writer[Symbol.asyncDispose]();

    const found = new Set(await numbersIn('ha'));
    assert.deepEqual(
      writer.acknowledged.filter((number) => !found.has(number)),
      [],
    );

    world.startOperator();
    await world.untilReady('ha');
    const { primary } = await world.record('ha');
    await world.until(async () =>
      (await world.events()).some((event) =>
        event.startsWith(`FailedOver: ${primary ?? ''} has taken over from `),
      ),
    );
    // The status may still be that of before the failover: the standbys are asked themselves.
    await world.until(async () => {
      const reader = await world.connect('ha', 'ha-ro');
      try {
        const { rows } = await reader.query('SELECT pg_is_in_recovery() AS is_standby');
        return (rows[0] as { is_standby: boolean }).is_standby;
      } finally {
        await reader.end();
      }
    });
    await untilStandbyInSync('ha');
    await world.stopOperator();
  },
);

test(
  'speaks TLS alone when it is asked to, and proves clients by certificates',
  options,
  async () => {
    world.startOperator({ leaseDurationSeconds: patientLeaseSeconds });
    const security = {
      tlsEnabled: true,
      authentication: { type: 'cert', username: 'shop' },
    } as const;
    await world.createDatabase('tls', { replicas: 2, security });
    await world.untilReady('tls');
    const client = await world.connection('tls');
    const { rows } = await client.query(
      'SELECT version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    assert.deepEqual(rows, [{ version: 'TLSv1.3', client_dn: '/CN=shop' }]);
    await client.end();
    // The standby streams over TLS too: it is ready. Nobody gets in without.
    await assert.rejects(world.connect('tls', 'tls', { ssl: false }), /no encryption|pg_hba\.conf/);
    await world.stopOperator();
  },
);
