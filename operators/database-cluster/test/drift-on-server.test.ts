import assert from 'node:assert/strict';
import { after, before, test as nodeTest, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  ConfigMap,
  isControlledBy,
  Lease,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  type KubernetesObject,
  type Resource,
} from '@kubewright/apimachinery';
import { FakeClock } from '@kubewright/runtime/testing';
import { OperatorWorld, type OperatorRun, type SentRequest } from './operator-world.ts';

const options = { timeout: 900_000 };

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

/** What a cluster with everything switched on consists of, and what somebody makes of each part. */
const parts: readonly (readonly [Resource, string, change: object])[] = [
  [
    StatefulSet,
    'db',
    { spec: { replicas: 0, template: { spec: { serviceAccountName: 'other' } } } },
  ],
  [Service, 'db', { spec: { selector: { 'example.com/role': 'nobody' } } }],
  [Service, 'db-ro', { spec: { ports: [{ name: 'postgres', port: 1, targetPort: 1 }] } }],
  [Service, 'db-pods', { spec: { publishNotReadyAddresses: false } }],
  [Service, 'db-external', { metadata: { labels: { 'example.com/cluster': 'other' } } }],
  [ConfigMap, 'db-scripts', { data: { 'entry.sh': 'exit 1' } }],
  [Lease, 'db-primary', { metadata: { annotations: { 'example.com/settings': '{}' } } }],
  [ServiceAccount, 'db', { metadata: { labels: { 'example.com/cluster': 'other' } } }],
  [Role, 'db', { rules: [] }],
  [RoleBinding, 'db', { subjects: [] }],
  [Secret, 'db-internal', { data: null }],
  [Secret, 'db-credentials', { data: { username: null } }],
  [Secret, 'db-tls', { data: { 'tls.crt': null } }],
];

/**
 * Plays the pods until all is well. Pods of a StatefulSet that was deleted look well too, until the garbage collector
 * takes them: all is well when the controller of the present one counts its own as ready.
 */
async function untilRunning(world: OperatorWorld, operator: OperatorRun): Promise<void> {
  await operator.passUntil(async () => {
    await world.playReady('db', ['db-0', 'db-1']);
    return (
      (await world.isCounted('db', 2)) && (await world.database('db')).status?.phase === 'Running'
    );
  });
}

async function start(world: OperatorWorld): Promise<OperatorRun> {
  const operator = world.run(world.client, new FakeClock());
  await world.create('db', {
    replicas: 2,
    network: { externalAccess: true },
    security: { tlsEnabled: true },
  });
  await operator.passUntil(async () => (await world.find(StatefulSet, 'db')) !== undefined);
  await untilRunning(world, operator);
  return operator;
}

/** What a part says, without what changes with each write of it; of a Secret which texts there are. */
function essence(object: KubernetesObject | undefined): unknown {
  const { metadata, ...rest } = object ?? {};
  const { labels, annotations, ownerReferences } = metadata ?? {};
  const { data } = rest as Secret; // or undefined
  const texts = object?.kind === 'Secret' ? { data: Object.keys(data ?? {}).sort() } : {};
  return { ...rest, ...texts, status: undefined, labels, annotations, ownerReferences };
}

/**
 * Lets minutes pass until there is one without a write. What the server's controllers and watches have yet to tell is
 * told in the first ones, however slow they are; an operator that finds something to write again and again never ends.
 */
async function assertQuiet(operator: OperatorRun): Promise<void> {
  let written: readonly SentRequest[] = [];
  for (let minute = 0; minute < 10; minute += 1) {
    const count = operator.writes.length;
    await operator.pass(61_000);
    written = operator.writes.slice(count);
    if (written.length === 0) return;
  }
  assert.fail(`writes in every one of ten minutes, in the last: ${JSON.stringify(written)}`);
}

test('what somebody deletes comes back, and then nothing is written any more', async () => {
  const world = await shared.inNewNamespace();
  await using operator = await start(world);
  const { namespace, client } = world;
  const cluster = await world.database('db');
  for (const [resource, name] of parts) {
    const uid = (await world.find(resource, name))?.metadata.uid;
    assert.ok(uid !== undefined, `${resource.kind} ${name} was there`);
    await client.delete(resource, { namespace, name });
    await operator.passUntil(async () => {
      const now = await world.find(resource, name);
      return now !== undefined && now.metadata.uid !== uid && isControlledBy(now, cluster);
    });
  }
  await untilRunning(world, operator);
  await assertQuiet(operator);
});

test('what somebody changes is put right, and then nothing is written any more', async () => {
  const world = await shared.inNewNamespace();
  await using operator = await start(world);
  const { namespace, client } = world;
  for (const [resource, name, body] of parts) {
    const before = await world.find(resource, name);
    // As the server answers: a moment later it may have been put right.
    const changed = await client.patch(resource, { namespace, name }, { type: 'merge', body });
    assert.notDeepEqual(essence(changed), essence(before), `${resource.kind} ${name} was changed`);
    await operator.passUntil(async () =>
      isDeepStrictEqual(essence(await world.find(resource, name)), essence(before)),
    );
  }
  await untilRunning(world, operator);
  await assertQuiet(operator);
});

test('what others add is left alone, and not written about', async () => {
  const world = await shared.inNewNamespace();
  await using operator = await start(world);
  const { namespace, client } = world;
  await assertQuiet(operator);
  const count = operator.writes.length;
  const body = {
    metadata: { labels: { team: 'one' }, annotations: { 'other.example.com/note': 'seen' } },
  };
  for (const [resource, name] of parts) {
    await client.patch(resource, { namespace, name }, { type: 'merge', body });
  }
  await operator.pass(61_000);
  assert.deepEqual(operator.writes.slice(count), []);
  for (const [resource, name] of parts) {
    const { labels, annotations } = (await world.find(resource, name))?.metadata ?? {};
    assert.equal(labels?.['team'], 'one', `${resource.kind} ${name}`);
    assert.equal(annotations?.['other.example.com/note'], 'seen', `${resource.kind} ${name}`);
  }
});
