import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { postgresPrograms } from '../postgres-image.ts';
import { AgentsWorld } from './agents-world.ts';

const skip =
  postgresPrograms()?.includes('/15/') !== true &&
  'NOT RUN: there is no PostgreSQL 15 in /usr/lib/postgresql; install it (Debian: apt-get install postgresql-15)';

/** A database for each permission: what is taken from its agents is not given back. */
const databases = {
  read: { ha: { enabled: true } },
  renewed: { ha: { enabled: true } },
  labelled: {},
  compared: { replicas: 3, ha: { enabled: true, durability: 'Asynchronous' } },
} as const;

describe('the permissions of the agents of a database', { skip, timeout: 1_700_000 }, () => {
  let world: AgentsWorld;

  before(
    async () => {
      world = await AgentsWorld.start(databases);
    },
    { timeout: 900_000 },
  );
  after(() => world[Symbol.asyncDispose]());

  /** Until the agent has been refused. */
  async function untilRefused(pod: string, verb: string, resource: string): Promise<void> {
    await world.until(async () => (await world.denials(pod, verb, resource)) > 0);
  }

  /** Until it has been refused again, and whatever it does after a refusal is done. */
  async function untilRefusedAgain(pod: string, verb: string, resource: string): Promise<void> {
    await untilRefused(pod, verb, resource);
    const count = await world.denials(pod, verb, resource);
    await world.until(async () => (await world.denials(pod, verb, resource)) > count + 1);
  }

  test('are each looked at here, and suffice for a database with standbys that may take over', async () => {
    const permissions = (await world.rules('compared')).flatMap(({ resources = [], verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
    assert.deepEqual(permissions.sort(), ['get leases', 'get pods', 'patch pods', 'update leases']);
    const pods = ['compared-0', 'compared-1', 'compared-2'];
    for (const [verb, resource] of permissions.map((each) => each.split(' '))) {
      for (const pod of pods) {
        assert.equal(await world.denials(pod, verb ?? '', resource ?? ''), 0, pod);
      }
    }
  });

  for (const [database, verb] of [
    ['read', 'get'],
    ['renewed', 'update'],
  ] as const) {
    test(`without ${verb} on leases, an agent says so and never renews its lease`, async () => {
      const pod = `${database}-0`;
      await world.forbid(database, verb, 'leases');
      await untilRefused(pod, verb, 'leases');
      const renewal = await world.renewal(database);
      await untilRefusedAgain(pod, verb, 'leases');
      assert.equal(await world.renewal(database), renewal);
    });
  }

  test('without patch on pods, an agent says so and never labels its pod', async () => {
    await world.forbid('labelled', 'patch', 'pods');
    await world.replace('labelled-0');
    await untilRefusedAgain('labelled-0', 'patch', 'pods');
    assert.equal(await world.role('labelled-0'), undefined);
  });

  test('without get on pods, agents say so and never take over from a primary that is gone', async () => {
    await world.forbid('compared', 'get', 'pods');
    const primary = await world.primary('compared');
    const standbys = ['compared-0', 'compared-1', 'compared-2'].filter((pod) => pod !== primary);
    await world.cordon();
    await world.replace(primary);
    for (const standby of standbys) await untilRefusedAgain(standby, 'get', 'pods');
    assert.equal(await world.primary('compared'), primary);
  });
});
