import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CronJob,
  findCondition,
  isConditionTrue,
  Job,
  PersistentVolumeClaim,
  Pod,
  Secret,
  type Condition,
} from '@kubewright/apimachinery';
import { DatabaseCluster, type DatabaseClusterSpec } from '../src/api/database-cluster.ts';
import { DatabaseWorld, patientLeaseSeconds, worldTestLimitMs } from './database-world.ts';
import { missingPrograms } from './server-programs.ts';

const options = { skip: missingPrograms ?? false, timeout: worldTestLimitMs };
const backup = { schedule: '0 3 1 1 *', retention: '7d' };

let world: DatabaseWorld;
before(async () => {
  if (missingPrograms !== undefined) return;
  world = await DatabaseWorld.start();
  world.startOperator({ leaseDurationSeconds: patientLeaseSeconds });
});
after(async () => {
  if (missingPrograms === undefined) await world[Symbol.asyncDispose]();
});

/** Makes a Job of the CronJob now, as `kubectl create job --from=cronjob/<name>` does. */
async function backUpNow(database: string, name: string): Promise<void> {
  const { client, namespace } = world;
  const cronJob = await client.get(CronJob, { namespace, name: `${database}-backups` });
  const { jobTemplate } = cronJob.spec;
  await client.create(Job, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels: { ...jobTemplate.metadata?.labels },
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: cronJob.metadata.name,
          uid: cronJob.metadata.uid,
          controller: true,
        },
      ],
    },
    spec: jobTemplate.spec,
  });
}

async function untilJob(name: string, condition: 'Complete' | 'Failed'): Promise<void> {
  await world.until(async () => {
    const { status } = await world.client.get(Job, { namespace: world.namespace, name });
    return isConditionTrue(status?.conditions, condition);
  });
}

async function untilCondition(
  database: string,
  type: string,
  isSo: (condition: Condition) => boolean,
): Promise<Condition> {
  let found: Condition | undefined;
  await world.until(async () => {
    const { status } = await world.database(database);
    found = findCondition(status?.conditions, type);
    return found !== undefined && isSo(found);
  });
  assert.ok(found);
  return found;
}

async function untilScheduled(database: string): Promise<void> {
  await world.untilReady(database);
  await untilCondition(database, 'BackupReady', ({ reason }) => reason === 'Scheduled');
}

async function untilGone(database: string): Promise<void> {
  const { client, namespace } = world;
  await client.delete(DatabaseCluster.resource, { namespace, name: database });
  await world.until(async () => {
    const { items } = await client.list(DatabaseCluster.resource, { namespace });
    return !items.some(({ metadata }) => metadata.name === database);
  });
}

const rowsOf = `SELECT i.id, c.name, i.amount::text, i.note FROM invoices i JOIN customers c ON c.id = i.customer ORDER BY i.id`;
const fill = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE invoices (id serial PRIMARY KEY, customer int REFERENCES customers, amount numeric(10,2), note text);
  INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 50) n;
  INSERT INTO invoices (customer, amount, note)
    SELECT 1 + n % 50, n / 7.0, CASE WHEN n % 3 = 0 THEN E'Straße\\t''quoted'' \\\\. ' || n END FROM generate_series(1, 2000) n;`;

const kinds: Readonly<Record<string, Partial<DatabaseClusterSpec>>> = {
  'without TLS': {},
  'with TLS': { security: { tlsEnabled: true } },
  'with certificates of clients': {
    security: { tlsEnabled: true, authentication: { type: 'cert', username: 'shop' } },
  },
};

for (const [index, [kind, spec]] of Object.entries(kinds).entries()) {
  test(`a backup fills a new cluster when the old one is gone, ${kind}`, options, async () => {
    const [old, heir] = [`shop${String(index)}`, `heir${String(index)}`];
    await world.createDatabase(old, { ...spec, backup });
    await untilScheduled(old);
    const writer = await world.connection(old);
    await writer.query(fill);
    const { rows: before } = await writer.query<object>(rowsOf);
    await backUpNow(old, `${old}-first`);
    await untilJob(`${old}-first`, 'Complete');
    await untilCondition(old, 'BackupReady', ({ reason }) => reason === 'BackupSucceeded');
    assert.ok((await world.database(old)).status?.lastBackupTime);
    await writer.query('DELETE FROM invoices');
    await writer.end();
    await untilGone(old);

    await world.createDatabase(heir, { ...spec, restore: { cluster: old } });
    await world.untilReady(heir);
    const { reason } = await untilCondition(heir, 'Restored', () => true);
    assert.equal(reason, 'Restored');
    const reader = await world.connection(heir);
    const { rows: after } = await reader.query<object>(rowsOf);
    assert.equal(after.length, 2000);
    assert.deepEqual(after, before);
    // What the restore made belongs to the user of the database.
    await reader.query('ALTER TABLE invoices ADD COLUMN paid bool');
    await reader.end();
    await untilGone(heir);
  });
}

test(
  'a pod that is killed half way is followed by another, which makes the backup',
  options,
  async () => {
    const { client, namespace } = world;
    await world.createDatabase('cut', { backup });
    await untilScheduled('cut');
    const holder = await world.connection('cut');
    await holder.query('CREATE TABLE held (number int)');
    await holder.query('BEGIN; LOCK TABLE held');
    await backUpNow('cut', 'cut-first');
    let victim = '';
    await world.until(async () => {
      const { rows } = await holder.query<{ count: number }>(
        `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND relation = 'held'::regclass`,
      );
      const { items } = await client.list(Pod, {
        namespace,
        labelSelector: 'batch.kubernetes.io/job-name=cut-first',
      });
      victim = items[0]?.metadata.name ?? '';
      return rows[0]?.count === 1 && victim !== '';
    });
    await client.delete(Pod, { namespace, name: victim }, { gracePeriodSeconds: 0 });
    await holder.query('ROLLBACK');
    await holder.end();
    await untilJob('cut-first', 'Complete');
    await untilCondition('cut', 'BackupReady', ({ reason }) => reason === 'BackupSucceeded');
  },
);

test(
  'a backup that fails says why, and a restore too, each in a condition and one Event',
  options,
  async () => {
    const { client, namespace } = world;
    await world.createDatabase('locked', { backup });
    await untilScheduled('locked');
    // Somebody has changed the password in the database behind our back.
    const user = await world.connection('locked');
    await user.query(`ALTER ROLE app PASSWORD 'another'`);
    await backUpNow('locked', 'locked-first');
    await untilJob('locked-first', 'Failed');
    // The operator hears of a Job and of its pod, which says why, by two watches.
    const failed = await untilCondition(
      'locked',
      'BackupReady',
      ({ status, message }) => status === 'False' && message.includes('error: '),
    );
    assert.equal(failed.reason, 'BackupFailed');
    assert.match(
      failed.message,
      /^the backup locked-first failed: pg_dump: error: .*password authentication failed for user "app"$/,
    );
    // The database itself is well.
    assert.ok(isConditionTrue((await world.database('locked')).status?.conditions, 'Ready'));

    const { data } = await client.get(Secret, { namespace, name: 'locked-credentials' });
    const password = Buffer.from(data?.['password'] ?? '', 'base64').toString();
    await user.query(`ALTER ROLE app PASSWORD '${password}'`);
    await user.end();
    await backUpNow('locked', 'locked-second');
    await untilJob('locked-second', 'Complete');
    await untilCondition('locked', 'BackupReady', ({ status }) => status === 'True');

    await world.createDatabase('wrong', {
      restore: { cluster: 'locked', backup: '20200101T000000Z.dump' },
    });
    const restored = await untilCondition(
      'wrong',
      'Restored',
      ({ reason, message }) => reason === 'RestoreFailed' && message.includes('error: '),
    );
    assert.match(
      restored.message,
      /error: there is no backup 20200101T000000Z\.dump in the volume/,
    );
    const pods = await client.list(Pod, {
      namespace,
      labelSelector: 'batch.kubernetes.io/job-name=wrong-restore',
    });
    // A database that is away for a moment is worth another try.
    const codes = pods.items.map(
      ({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.exitCode,
    );
    const isFinal = (code: number | undefined): boolean => code === 3;
    assert.equal(codes.filter(isFinal).length, 1, 'what another try would not mend is tried once');
    const { status } = await world.database('wrong');
    assert.equal(findCondition(status?.conditions, 'Ready')?.reason, 'RestoreFailed');
    const eventsOf = async (reason: string): Promise<readonly string[]> =>
      (await world.events()).filter((each) => each.startsWith(`${reason}: `));
    for (const reason of ['BackupFailed', 'RestoreFailed']) {
      await world.until(async () => (await eventsOf(reason)).length > 0);
    }
    assert.equal((await eventsOf('BackupFailed')).length, 1);
    assert.equal((await eventsOf('RestoreFailed')).length, 1);
  },
);

test(
  'backups are made on schedule, and outlive the cluster unless told otherwise',
  options,
  async () => {
    const { client, namespace } = world;
    const claim = { namespace, name: 'timed-backups' };
    await world.createDatabase('timed', { backup: { ...backup, schedule: '* * * * *' } });
    await world.until(
      async () => (await world.database('timed')).status?.lastBackupTime !== undefined,
    );
    await untilGone('timed');
    await client.get(PersistentVolumeClaim, claim);

    // A new cluster of that name leaves them alone until it is told that they are its own; it runs all the same.
    await world.createDatabase('timed', { backup: { ...backup, reclaimPolicy: 'Delete' } });
    const taken = await untilCondition(
      'timed',
      'BackupReady',
      ({ reason }) => reason === 'ClaimTaken',
    );
    assert.match(taken.message, /annotate this cluster with example\.com\/adopt-claims=true/);
    await world.untilReady('timed');
    await client.patch(
      DatabaseCluster.resource,
      { namespace, name: 'timed' },
      {
        type: 'merge',
        body: { metadata: { annotations: { 'example.com/adopt-claims': 'true' } } },
      },
    );
    await untilCondition('timed', 'BackupReady', ({ reason }) => reason === 'Scheduled');
    await untilGone('timed');
    await world.until(async () => {
      const { items } = await client.list(PersistentVolumeClaim, { namespace });
      return !items.some(({ metadata }) => metadata.name === 'timed-backups');
    });
  },
);
