import assert from 'node:assert/strict';
import { after, before, test as nodeTest, type TestContext } from 'node:test';
import {
  ConfigMap,
  isForbidden,
  isNotFound,
  Lease,
  Namespace,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Role,
  RoleBinding,
  Secret,
  Service,
  StatefulSet,
  type KubernetesObject,
  type Resource,
} from '@kubewright/apimachinery';
import { deriveRole } from '@kubewright/crd';
import { FakeClock } from '@kubewright/runtime/testing';
import { DatabaseCluster, type DatabaseClusterSpec } from '../src/api/database-cluster.ts';
import { watchedNamespaceRules } from '../src/permissions.ts';
import { OperatorWorld, until, type OperatorRun, type SentRequest } from './operator-world.ts';

const options = { timeout: 900_000 };
/** More than two looks a minute at one cluster need, and far less than a loop makes. */
const maxRequests = 20;

let shared: OperatorWorld;
before(async () => {
  shared = await OperatorWorld.start();
});
after(async () => {
  await shared[Symbol.asyncDispose]();
});

/** A test that says so where the server has no controllers. */
function test(name: string, run: (context: TestContext) => Promise<void>): void {
  void nodeTest(name, options, async (context) => {
    if (shared.environment.capabilities.controllers) await run(context);
    else context.skip('this server has no controllers: set KUBECONFIG to a cluster that has');
  });
}

/** What is seen of a fault: a condition that says so, one Event, and few requests. */
interface Seen {
  readonly type: string;
  readonly reason: string;
  readonly message: RegExp;
}

async function assertTold(
  world: OperatorWorld,
  operator: OperatorRun,
  name: string,
  { type, reason, message }: Seen,
): Promise<void> {
  await operator.passUntil(async () => (await world.condition(name, type))?.reason === reason);
  const condition = await world.condition(name, type);
  assert.equal(condition?.status, 'False');
  assert.match(condition.message, message);
  const requests = await operator.requestsOfAMinute();
  assert.ok(requests.length <= maxRequests, JSON.stringify(requests));
  assert.deepEqual(
    requests.filter(({ method }) => method !== 'GET' && method !== 'POST' && method !== 'PATCH'),
    [],
  );
  const told = (await world.events()).filter((event) => event.startsWith(`Warning ${reason}: `));
  assert.equal(told.length, 1, JSON.stringify(told));
  assert.match(told[0] ?? '', new RegExp(message.source.replace('^', '')));
}

/** A database that runs, whose StatefulSet and claims must stay what they are. */
async function running(
  world: OperatorWorld,
  operator: OperatorRun,
  spec: Partial<DatabaseClusterSpec> = {},
): Promise<readonly string[]> {
  await world.create('db', spec);
  await operator.passUntil(async () => (await world.find(Pod, 'db-0')) !== undefined);
  await operator.passUntil(async () => (await world.find(Lease, 'db-primary')) !== undefined);
  await world.playReady('db');
  await operator.passUntil(
    async () =>
      (await world.isCounted('db', 1)) && (await world.database('db')).status?.phase === 'Running',
  );
  return identities(world);
}

/** What would be lost with a database. */
async function identities(world: OperatorWorld): Promise<readonly string[]> {
  const kept: readonly (readonly [Resource, string])[] = [
    [StatefulSet, 'db'],
    [PersistentVolumeClaim, 'data-db-0'],
    [Secret, 'db-credentials'],
    [Pod, 'db-0'],
  ];
  return Promise.all(
    kept.map(async ([resource, name]) => (await world.find(resource, name))?.metadata.uid ?? ''),
  );
}

const impossible: readonly (readonly [
  what: string,
  name: string,
  spec: Partial<DatabaseClusterSpec>,
  seen: Seen,
])[] = [
  [
    'a name that no Service can have',
    '1-db',
    {},
    { type: 'Accepted', reason: 'InvalidName', message: /the name "1-db" cannot be that/ },
  ],
  [
    'a name that is too long',
    'd'.repeat(41),
    {},
    { type: 'Accepted', reason: 'InvalidName', message: /it is longer than 40 characters/ },
  ],
  [
    'client certificates without TLS',
    'db',
    { security: { authentication: { type: 'cert' } } },
    {
      type: 'Accepted',
      reason: 'InvalidAuthentication',
      message: /needs spec\.security\.tlsEnabled/,
    },
  ],
  [
    'the name of the superuser',
    'db',
    { security: { authentication: { username: 'postgres' } } },
    { type: 'Accepted', reason: 'InvalidUsername', message: /must not be postgres/ },
  ],
];

for (const [what, name, spec, seen] of impossible) {
  test(`${what} is told, and nothing is made`, async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run(world.client, new FakeClock());
    await world.create(name, spec);
    await assertTold(world, operator, name, seen);
    const { namespace } = world;
    for (const resource of [StatefulSet, Service, Secret, PersistentVolumeClaim] as const) {
      const { items } = await world.client.list<KubernetesObject>(resource, { namespace });
      assert.deepEqual(items, []);
    }
  });
}

const changes: readonly (readonly [
  what: string,
  spec: Partial<DatabaseClusterSpec>,
  seen: Seen,
])[] = [
  [
    'a version that goes down',
    { version: '13' },
    { type: 'Accepted', reason: 'DowngradeRefused', message: /version 13 after 14 is refused/ },
  ],
  [
    'a version that skips nothing, but whose files differ',
    { version: '15' },
    { type: 'Accepted', reason: 'MajorUpgradeRefused', message: /goes on with 14/ },
  ],
  [
    'an invalid cron line',
    { backup: { schedule: '61 * * * *' } },
    { type: 'BackupReady', reason: 'InvalidSchedule', message: /"61 \* \* \* \*" is no cron line/ },
  ],
  [
    'a retention that is no time',
    { backup: { schedule: '@daily', retention: 'long' } },
    { type: 'BackupReady', reason: 'InvalidRetention', message: /"long" is no time/ },
  ],
];

for (const [what, spec, seen] of changes) {
  test(`${what} is told, and the database goes on`, async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run(world.client, new FakeClock());
    const kept = await running(world, operator, { version: '14' });
    await world.change('db', { spec });
    await assertTold(world, operator, 'db', seen);
    assert.deepEqual(await identities(world), kept);
    assert.equal((await world.database('db')).status?.phase, 'Running');
    const { spec: workload } = await world.statefulSet('db');
    assert.equal(workload?.template.spec?.containers[0]?.image, 'postgres:14');
  });
}

test('a version that skips a major one is told, and the database goes on', async () => {
  const world = await shared.inNewNamespace();
  await using operator = world.run(world.client, new FakeClock());
  const kept = await running(world, operator, { version: '13' });
  await world.change('db', { spec: { version: '15' } });
  const seen = {
    type: 'Accepted',
    reason: 'MajorSkipRefused',
    message: /next major version is 14/,
  };
  await assertTold(world, operator, 'db', seen);
  assert.deepEqual(await identities(world), kept);
});

test('what the schema forbids does not get as far as the operator', async () => {
  const world = await shared.inNewNamespace();
  const refused: readonly (readonly [spec: object, why: RegExp])[] = [
    [{ replicas: -1 }, /spec\.replicas: Invalid value: -1: .*greater than or equal to 1/],
    [{ replicas: 101 }, /spec\.replicas: Invalid value: 101: .*less than or equal to 100/],
    [{ version: '11' }, /spec\.version: Invalid value: "11"/],
    [{ version: '16' }, /spec\.version: Invalid value: "16"/],
    [{ version: 'latest' }, /spec\.version: Invalid value: "latest"/],
    [{ storage: { size: '1G' } }, /spec\.storage\.size: Invalid value: "1G"/],
    [{ reclaimPolicy: 'Recycle' }, /supported values: "Delete", "Retain"/],
  ];
  for (const [spec, why] of refused) {
    // Safe: it is meant to be wrong.
    await assert.rejects(world.create('db', spec), why);
  }
});

/** Objects that somebody else has under a name that a cluster needs. */
const others: readonly (readonly [Resource, string, object])[] = [
  [Service, 'db-ro', { spec: { ports: [{ port: 80 }] } }],
  [Secret, 'db-credentials', { stringData: { password: 'theirs' } }],
  [ConfigMap, 'db-scripts', { data: { 'entry.sh': 'theirs' } }],
  [Lease, 'db-primary', { spec: { holderIdentity: 'theirs' } }],
];

for (const [resource, name, content] of others) {
  test(`a ${resource.kind} of somebody else that is in the way is told, and left alone`, async () => {
    const world = await shared.inNewNamespace();
    const { namespace, client } = world;
    await client.create(resource, { metadata: { name, namespace }, ...content });
    const before = await world.find(resource, name);
    await using operator = world.run(world.client, new FakeClock());
    await world.create('db');
    await assertTold(world, operator, 'db', {
      type: 'Reconciled',
      reason: 'NameTaken',
      message: new RegExp(`a ${resource.kind} named ${name} exists already`),
    });
    assert.deepEqual(await world.find(resource, name), before);
    await client.delete(resource, { namespace, name });
    await operator.passUntil(async () => (await world.find(StatefulSet, 'db')) !== undefined);
  });
}

test('a claim of somebody else that a pod would take is told, and not touched', async () => {
  const world = await shared.inNewNamespace();
  const { namespace, client } = world;
  await client.create(PersistentVolumeClaim, {
    metadata: { name: 'data-db-0', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await using operator = world.run(world.client, new FakeClock());
  await world.create('db');
  const seen = { type: 'Accepted', reason: 'ClaimsExist', message: /data-db-0/ };
  await assertTold(world, operator, 'db', seen);
  assert.equal(await world.find(StatefulSet, 'db'), undefined);
});

test('a permission that is missing is told, and when it is there the work goes on', async () => {
  const world = await shared.inNewNamespace();
  const client = await world.operatorClient(
    ({ resources }) => resources?.includes('secrets') === true,
  );
  await using operator = world.run(client, new FakeClock());
  await world.create('db');
  await assertTold(world, operator, 'db', {
    type: 'Reconciled',
    reason: 'MissingPermission',
    message: /User "operator" cannot get resource "secrets"/,
  });
  const { namespace } = world;
  await world.client.create(
    Role,
    deriveRole({ name: 'more', namespace, rules: watchedNamespaceRules() }),
  );
  await world.client.create(RoleBinding, {
    metadata: { name: 'more', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'more' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'operator' }],
  });
  await operator.passUntil(async () => (await world.find(StatefulSet, 'db')) !== undefined);
});

test('a quota that refuses is told, and nothing is lost', async () => {
  const world = await shared.inNewNamespace();
  const { namespace, client } = world;
  await using operator = world.run(world.client, new FakeClock());
  const kept = await running(world, operator);
  await client.create(ResourceQuota, {
    metadata: { name: 'tight', namespace },
    spec: { hard: { 'count/services': '3', services: '3' } },
  });
  // Its admission learns of a quota a moment after its status is there.
  await until(() => isRefusedService(world));
  await world.change('db', { spec: { network: { externalAccess: true } } });
  const seen = { type: 'Reconciled', reason: 'QuotaExceeded', message: /exceeded quota: tight/ };
  await assertTold(world, operator, 'db', seen);
  assert.deepEqual(await identities(world), kept);
  await client.delete(ResourceQuota, { namespace, name: 'tight' });
  await operator.passUntil(async () => (await world.find(Service, 'db-external')) !== undefined);
});

/** Whether there is no room for a further Service. */
async function isRefusedService({ client, namespace }: OperatorWorld): Promise<boolean> {
  const probe = { metadata: { name: 'probe', namespace }, spec: { ports: [{ port: 1 }] } };
  try {
    await client.create(Service, probe, { dryRun: true });
    return false;
  } catch (error) {
    if (isForbidden(error)) return true;
    throw error;
  }
}

/** Holds a pod, as a node does whose containers take their time. */
async function hold(world: OperatorWorld, pod: string): Promise<() => Promise<void>> {
  const ref = { namespace: world.namespace, name: pod };
  const setFinalizers = async (finalizers: readonly string[]): Promise<void> => {
    await world.client.patch(Pod, ref, { type: 'merge', body: { metadata: { finalizers } } });
  };
  await setFinalizers(['example.com/test']);
  return () => setFinalizers([]);
}

test('a spec that changes while the cluster is deleted changes nothing', async () => {
  const world = await shared.inNewNamespace();
  const { namespace } = world;
  await using operator = world.run(world.client, new FakeClock());
  await running(world, operator, { version: '14' });
  const release = await hold(world, 'db-0');
  await world.client.delete(DatabaseCluster.resource, { namespace, name: 'db' });
  await operator.passUntil(async () => (await world.database('db')).status?.phase === 'Deleting');
  for (const spec of [
    { replicas: 5 },
    { version: '13' },
    { backup: { schedule: 'never' } },
    { reclaimPolicy: 'Retain' },
    { reclaimPolicy: 'Delete' },
  ]) {
    await world.change('db', { spec });
  }
  const requests = await operator.requestsOfAMinute();
  assert.ok(requests.length <= maxRequests, JSON.stringify(requests));
  const { status } = await world.database('db');
  assert.deepEqual([status?.phase, status?.message], ['Deleting', 'waiting for pod db-0 to end']);
  const { items } = await world.client.list(Pod, { namespace });
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['db-0'],
  );
  await release();
  await operator.passUntil(
    async () => (await world.find(DatabaseCluster.resource, 'db')) === undefined,
  );
  assert.equal(await world.find(PersistentVolumeClaim, 'data-db-0'), undefined);
});

/**
 * Requests of the first of ten minutes that has few, or else of the last: the server's controllers take what they have made in the
 * namespace when they come to it, each time the operator looks, and only one that asks in a loop never has a minute of few.
 */
async function quietMinute(operator: OperatorRun): Promise<readonly SentRequest[]> {
  let requests: readonly SentRequest[] = [];
  for (let minute = 0; minute < 10; minute += 1) {
    requests = await operator.requestsOfAMinute();
    if (requests.length <= maxRequests) break;
  }
  return requests;
}

test('a namespace that is going away gets nothing new, and few requests', async () => {
  const world = await shared.inNewNamespace();
  const { namespace, client } = world;
  await using operator = world.run(world.client, new FakeClock());
  await running(world, operator);
  const release = await hold(world, 'db-0');
  await client.delete(Namespace, { name: namespace });
  // Pods go first on a real server, and the cluster is not deleted before they are gone.
  await operator.passUntil(
    async () => (await world.find(Pod, 'db-0'))?.metadata.deletionTimestamp !== undefined,
  );
  await client.delete(Service, { namespace, name: 'db-ro' }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  const before = operator.requests.length;
  const requests = await quietMinute(operator);
  assert.ok(requests.length <= maxRequests, JSON.stringify(requests));
  assert.deepEqual(
    operator.requests
      .slice(before)
      .filter(({ method, path }) => method === 'POST' && !path.includes('/events')),
    [],
  );
  await release();
  const isGone = async (): Promise<boolean> => {
    try {
      await client.get(Namespace, { name: namespace });
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };
  await operator.passUntil(isGone);
});
