import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isNotFound, Pod, Secret } from '@kubewright/apimachinery';
import { DatabaseCluster } from '../src/api/database-cluster.ts';
import { DatabaseWorld, patientLeaseSeconds, worldTestLimitMs } from './database-world.ts';
import { missingPrograms } from './server-programs.ts';

const options = { skip: missingPrograms ?? false, timeout: worldTestLimitMs };
const name = 'kept';

let world: DatabaseWorld;
before(async () => {
  if (missingPrograms !== undefined) return;
  world = await DatabaseWorld.start();
  world.startOperator({ leaseDurationSeconds: patientLeaseSeconds });
  await world.createDatabase(name, { replicas: 2 });
  await world.untilReady(name);
  await world.query(name, 'CREATE TABLE IF NOT EXISTS numbers (number int PRIMARY KEY)');
});
after(async () => {
  if (missingPrograms === undefined) await world[Symbol.asyncDispose]();
});

async function secretText(secret: string, key: string): Promise<string> {
  const { namespace } = world;
  try {
    const { data = {} } = await world.client.get(Secret, { namespace, name: secret });
    return Buffer.from(data[key] ?? '', 'base64').toString();
  } catch (error) {
    if (isNotFound(error)) return '';
    throw error;
  }
}

/** Secrets are looked at when a cluster is: by the clock, or, sooner, when it changes. */
async function lookAgain(look: string): Promise<void> {
  const body = { metadata: { annotations: { look } } };
  const ref = { namespace: world.namespace, name };
  await world.client.patch(DatabaseCluster.resource, ref, { type: 'merge', body });
}

/** A standby that begins anew has to log in at the primary, and gets what is written from now on. */
async function assertStandbyFollows(number: number): Promise<void> {
  const { primary } = await world.record(name);
  const standby = primary === `${name}-0` ? `${name}-1` : `${name}-0`;
  const { uid } = (await world.pod(standby)).metadata;
  await world.client.delete(
    Pod,
    { namespace: world.namespace, name: standby },
    { gracePeriodSeconds: 0 },
  );
  await world.until(async () => (await world.pod(standby)).metadata.uid !== uid);
  await world.query(name, 'INSERT INTO numbers VALUES ($1) ON CONFLICT DO NOTHING', [number]);
  await world.until(async () => {
    const reader = await world.connect(name, `${name}-ro`);
    try {
      const { rowCount } = await reader.query('SELECT FROM numbers WHERE number = $1', [number]);
      return rowCount === 1;
    } finally {
      await reader.end();
    }
  });
}

test(
  'the password of the standbys that was lost is another one, and they follow with it',
  options,
  async () => {
    const before = await secretText(`${name}-internal`, 'replicator-password');
    await world.client.delete(Secret, { namespace: world.namespace, name: `${name}-internal` });
    await lookAgain('lost');
    await world.until(async () => {
      const now = await secretText(`${name}-internal`, 'replicator-password');
      return now !== '' && now !== before;
    });
    await assertStandbyFollows(1);
  },
);

test('the password of the standbys that somebody changed is taken over', options, async () => {
  const body = { stringData: { 'replicator-password': 'chosen by hand' } };
  const ref = { namespace: world.namespace, name: `${name}-internal` };
  await world.client.patch(Secret, ref, { type: 'merge', body });
  await lookAgain('changed');
  await assertStandbyFollows(2);
  assert.equal(await secretText(`${name}-internal`, 'replicator-password'), 'chosen by hand');
});

test(
  'the password of the users that was changed lets them in, and one that was lost is another one',
  options,
  async () => {
    const secret = `${name}-credentials`;
    const ref = { namespace: world.namespace, name: secret };
    const body = { stringData: { password: 'chosen: by/hand' } };
    await world.client.patch(Secret, ref, { type: 'merge', body });
    await lookAgain('users');
    await world.until(async () => {
      const uri = await secretText(secret, 'uri');
      return uri.includes(encodeURIComponent('chosen: by/hand'));
    });
    const canLogIn = async (): Promise<boolean> => {
      const client = await world.connect(name);
      await client.end();
      return true;
    };
    await world.until(canLogIn);

    await world.client.delete(Secret, ref);
    await lookAgain('users lost');
    await world.until(async () => {
      const now = await secretText(secret, 'password');
      return now !== '' && now !== 'chosen: by/hand';
    });
    await world.until(canLogIn);
  },
);
