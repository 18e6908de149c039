import assert from 'node:assert/strict';
import { after, before, test as nodeTest, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  ConfigMap,
  isControlledBy,
  Lease,
  Namespace,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
  StatefulSet,
  type Resource,
} from '@kubewright/apimachinery';
import { DatabaseCluster } from '../src/api/database-cluster.ts';
import { annotations, leaseAnnotations } from '../src/api/labels.ts';
import { managedSelector } from '../src/objects/cluster-context.ts';
import { finalizer } from '../src/reconcile/database-cluster-reconciler.ts';
import { OperatorWorld, until, type OperatorRun } from './operator-world.ts';

/** Needs controllers: they make pods of StatefulSets and collect what has no owner any more. */
const options = { timeout: 900_000 };

let shared: OperatorWorld;
before(async () => {
  shared = await OperatorWorld.start();
});
after(async () => {
  await shared[Symbol.asyncDispose]();
});

/** A test that says so where the server has no controllers. */
function test(name: string, given: object, run: (context: TestContext) => Promise<void>): void {
  void nodeTest(name, given, async (context) => {
    if (shared.environment.capabilities.controllers) await run(context);
    else context.skip('this server has no controllers: set KUBECONFIG to a cluster that has');
  });
}

/** Waits until all replicas run: it is called running as soon as the primary does. */
async function untilRunning(world: OperatorWorld, name: string): Promise<void> {
  await until(async () => (await world.condition(name, 'Ready'))?.status === 'True');
  assert.equal((await world.database(name)).status?.phase, 'Running');
}

/** Waits until the server's controllers and the operator have nothing more to say of a cluster that runs. */
async function untilSettled(
  world: OperatorWorld,
  operator: OperatorRun,
  name: string,
): Promise<void> {
  const { spec } = await world.database(name);
  await world.untilCounted(name, spec.replicas);
  await operator.untilSettled();
}

/** Has the operator look at a cluster once more, and waits until it has. */
async function lookAgain(world: OperatorWorld, operator: OperatorRun, name: string): Promise<void> {
  const before = await operator.reconciles();
  await world.change(name, { metadata: { annotations: { look: String(before) } } });
  await until(async () => (await operator.reconciles()) > before);
  await operator.untilSettled();
}

test(
  'makes what a cluster consists of, says when it is ready, and then writes nothing any more',
  options,
  async () => {
    const world = await shared.inNewNamespace();
    await using operator = world.run(await world.operatorClient());
    await world.create('db', { replicas: 2 });
    await until(async () => (await world.database('db')).status?.phase === 'Creating');
    const cluster = await world.database('db');
    assert.deepEqual(cluster.metadata.finalizers, [finalizer]);
    await until(async () => (await world.find(StatefulSet, 'db')) !== undefined);
    for (const [resource, name] of [
      [StatefulSet, 'db'],
      [Service, 'db'],
      [Service, 'db-ro'],
      [Service, 'db-pods'],
      [Secret, 'db-credentials'],
      [Secret, 'db-internal'],
      [ConfigMap, 'db-scripts'],
      [Lease, 'db-primary'],
    ] as const) {
      const object = await world.find<{ metadata: object }>(resource, name);
      assert.ok(
        object !== undefined && isControlledBy(object, cluster),
        `${resource.kind} ${name}`,
      );
    }
    const { spec } = await world.statefulSet('db');
    assert.equal(spec?.replicas, 2);
    assert.equal(spec.template.spec?.containers[0]?.image, 'postgres:15');
    for (const claim of ['data-db-0', 'data-db-1']) {
      await until(async () => (await world.find(PersistentVolumeClaim, claim)) !== undefined);
    }

    await world.playReady('db', ['db-0', 'db-1']);
    await untilRunning(world, 'db');
    const { status } = await world.database('db');
    assert.equal(status?.replicas, 2);
    assert.equal(status.readyReplicas, 2);
    assert.equal(status.primary, 'db-0');
    assert.equal(status.message, '');
    await until(async () => (await world.events()).length === 1);
    assert.deepEqual(await world.events(), ['Normal DatabaseReady: 2 of 2 replicas are ready']);

    await untilSettled(world, operator, 'db');
    const count = operator.writes.length;
    for (let look = 0; look < 3; look += 1) await lookAgain(world, operator, 'db');
    assert.deepEqual(operator.writes.slice(count), []);
    assert.equal((await world.events()).length, 1);
  },
);

test('a further process of the operator finds all as it should be', options, async () => {
  const world = await shared.inNewNamespace();
  {
    await using first = world.run();
    await world.create('db');
    await world.playReady('db');
    await untilRunning(world, 'db');
    await untilSettled(world, first, 'db');
    assert.equal((await world.events()).length, 1);
  }
  await using second = world.run();
  await until(async () => (await second.reconciles()) > 0);
  await lookAgain(world, second, 'db');
  assert.deepEqual(second.writes, []);
  assert.equal((await world.events()).length, 1);
  assert.deepEqual(await second.metric('database_clusters_created_total'), []);
});

test('repairs what others change or delete', options, async () => {
  const world = await shared.inNewNamespace();
  await using _operator = world.run();
  await world.create('db');
  await world.playReady('db');
  await untilRunning(world, 'db');
  const { namespace, client } = world;
  const password = (await world.find(Secret, 'db-credentials'))?.data?.['password'];

  await client.patch(
    StatefulSet,
    { namespace, name: 'db' },
    { type: 'merge', body: { spec: { replicas: 0 } } },
  );
  await until(async () => (await world.statefulSet('db')).spec?.replicas === 1);
  await client.patch(
    Service,
    { namespace, name: 'db' },
    { type: 'merge', body: { spec: { selector: { 'example.com/role': 'nobody' } } } },
  );
  await until(
    async () =>
      (await world.find(Service, 'db'))?.spec?.selector?.['example.com/role'] === 'primary',
  );
  await client.delete(ConfigMap, { namespace, name: 'db-scripts' });
  await until(async () => (await world.find(ConfigMap, 'db-scripts')) !== undefined);
  await client.patch(
    Lease,
    { namespace, name: 'db-primary' },
    { type: 'merge', body: { metadata: { annotations: { [leaseAnnotations.settings]: '{}' } } } },
  );
  await until(async () => {
    const lease = await world.find(Lease, 'db-primary');
    return (
      lease?.metadata.annotations?.[leaseAnnotations.settings]?.includes('"instances":1') === true
    );
  });
  assert.equal((await world.find(Secret, 'db-credentials'))?.data?.['password'], password);
});

test(
  'follows changes of the spec: port, outside access, replicas, minor version',
  options,
  async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.create('db');
    await world.playReady('db');
    await untilRunning(world, 'db');
    await world.change('db', {
      spec: { replicas: 2, version: '15.1', network: { port: 6000, externalAccess: true } },
    });
    await until(async () => (await world.statefulSet('db')).spec?.replicas === 2);
    await until(async () => {
      const { spec } = await world.statefulSet('db');
      return spec?.template.spec?.containers[0]?.image === 'postgres:15.1';
    });
    await until(async () => (await world.find(Service, 'db-external')) !== undefined);
    assert.equal((await world.find(Service, 'db-external'))?.spec?.type, 'LoadBalancer');
    assert.equal((await world.find(Service, 'db'))?.spec?.ports?.[0]?.port, 6000);
    await world.change('db', { spec: { network: { externalAccess: false } } });
    await until(async () => (await world.find(Service, 'db-external')) === undefined);
  },
);

test(
  'refuses versions that skip a major version, go down, or change the data files, and goes on',
  options,
  async () => {
    const world = await shared.inNewNamespace();
    await using _operator = world.run();
    await world.create('db', { version: '14' });
    await world.playReady('db');
    await untilRunning(world, 'db');
    for (const [version, reason] of [
      ['13', 'DowngradeRefused'],
      ['15', 'MajorUpgradeRefused'],
    ] as const) {
      await world.change('db', { spec: { version } });
      await until(async () => (await world.condition('db', 'Accepted'))?.reason === reason);
      const { status } = await world.database('db');
      assert.equal(status?.phase, 'Running');
      assert.match(status.message ?? '', /The database goes on with 14/);
      const { spec } = await world.statefulSet('db');
      assert.equal(spec?.template.spec?.containers[0]?.image, 'postgres:14');
      await until(async () =>
        (await world.events()).some((event) => event.startsWith(`Warning ${reason}: `)),
      );
    }
    await world.change('db', { spec: { version: '14.2' } });
    await until(async () => (await world.condition('db', 'Accepted'))?.status === 'True');
  },
);

test(
  'leaves running pods alone when the operator brings another agent, and rolls a version out with it',
  options,
  async () => {
    const world = await shared.inNewNamespace();
    const pods = ['db-0', 'db-1'] as const;
    const uids = async (): Promise<(string | undefined)[]> =>
      Promise.all(pods.map(async (pod) => (await world.find(Pod, pod))?.metadata.uid));
    const imagesOf = async (name: string): Promise<(string | undefined)[]> => {
      const { initContainers = [], containers = [] } = (await world.find(Pod, name))?.spec ?? {};
      return [...initContainers, ...containers].map(({ image }) => image);
    };
    {
      await using _operator = world.run();
      await world.create('db', { replicas: 2 });
      await world.playReady('db', pods);
      await untilRunning(world, 'db');
      await until(async () => (await world.condition('db', 'PodsUpToDate'))?.status === 'True');
    }
    const before = await uids();

    await using _operator = world.run(world.client, undefined, { agentImage: 'agent:next' });
    await until(async () => (await world.condition('db', 'PodsUpToDate'))?.status === 'False');
    const outdated = await world.condition('db', 'PodsUpToDate');
    assert.equal(outdated?.reason, 'WaitingForDeletion');
    assert.match(outdated.message, /db-0, db-1/);
    assert.deepEqual(await uids(), before);
    assert.equal((await world.database('db')).status?.phase, 'Running');

    await world.client.delete(Pod, { namespace: world.namespace, name: 'db-1' });
    await until(async () => (await imagesOf('db-1'))[0] === 'agent:next');
    await world.playPod('db-1', true);
    await until(
      async () =>
        (await world.condition('db', 'PodsUpToDate'))?.message.includes(': db-0.') === true,
    );
    assert.equal((await uids())[0], before[0]);

    await world.change('db', { spec: { version: '15.1' } });
    for (const pod of ['db-1', 'db-0']) {
      await until(async () => (await imagesOf(pod))[1] === 'postgres:15.1');
      await world.playPod(pod, true);
    }
    await until(async () => (await world.condition('db', 'PodsUpToDate'))?.status === 'True');
    assert.deepEqual(await imagesOf('db-0'), ['agent:next', 'postgres:15.1']);
    await until(
      async () => (await world.statefulSet('db')).spec?.updateStrategy?.type === 'OnDelete',
    );
  },
);

test('names the pod and the container that are not well', options, async () => {
  const world = await shared.inNewNamespace();
  await using _operator = world.run();
  await world.create('db', { replicas: 2 });
  await world.playPod('db-0', true);
  await world.playPod('db-1', false, 'ErrImagePull');
  await until(async () => (await world.database('db')).status?.phase === 'Failed');
  assert.equal(
    (await world.database('db')).status?.message,
    'pod db-1: container agent is waiting: ErrImagePull: no luck',
  );
  await world.playReady('db', ['db-0', 'db-1']);
  await untilRunning(world, 'db');
  await world.playPod('db-1', false);
  await until(async () => (await world.database('db')).status?.readyReplicas === 1);
  const { status } = await world.database('db');
  // The primary takes writes all the same.
  assert.equal(status?.phase, 'Running');
  assert.match(status.message ?? '', /^pod db-1: container agent is running, not ready/);
});

for (const [durability, expected] of [
  [
    'Synchronous',
    'Normal FailedOver: db-1 has taken over from db-0 with every acknowledged commit',
  ],
  [
    'Asynchronous',
    'Warning FailedOver: db-1 has taken over from db-0; lost are 512 bytes of the log that db-0 had told of, and what it wrote after that, for at most 11 s',
  ],
] as const) {
  test(`tells of a failover once, and of what it has lost, ${durability}`, options, async () => {
    const world = await shared.inNewNamespace();
    const operator = world.run();
    await world.create('db', { replicas: 2, ha: { enabled: true, durability } });
    await world.playReady('db', ['db-0', 'db-1']);
    await untilRunning(world, 'db');
    await until(async () => (await world.condition('db', 'FailoverReady'))?.status === 'True');
    const { message } = (await world.condition('db', 'FailoverReady')) ?? {};
    assert.match(
      message ?? '',
      durability === 'Synchronous'
        ? /^db-1 can take over; no acknowledged commit is lost$/
        : /^db-1 can take over; what is lost then is at most 1048576 bytes of the log \(ha\.maximumLag\) and what the primary wrote in its last 11 s$/,
    );
    const lastFailover = {
      from: 'db-0',
      to: 'db-1',
      time: '2026-01-31T03:00:00.000Z',
      missingBytes: 512,
    };
    await world.client.patch(
      Lease,
      { namespace: world.namespace, name: 'db-primary' },
      {
        type: 'merge',
        body: {
          metadata: {
            annotations: {
              [leaseAnnotations.primary]: 'db-1',
              [leaseAnnotations.lastFailover]: JSON.stringify(lastFailover),
            },
          },
        },
      },
    );
    await until(async () => (await world.database('db')).status?.lastFailover !== undefined);
    assert.deepEqual((await world.database('db')).status?.lastFailover, lastFailover);
    await until(async () => (await world.events()).includes(expected));
    await operator[Symbol.asyncDispose]();
    // Another process of the operator finds it told.
    await using second = world.run();
    await world.change('db', { spec: { network: { port: 6000 } } });
    await until(async () => (await world.find(Service, 'db'))?.spec?.ports?.[0]?.port === 6000);
    await second.untilSettled();
    const events = await world.events();
    assert.equal(events.filter((event) => event.includes('FailedOver')).length, 1);
  });
}

test('deletes pods and claims, then lets the cluster go', options, async () => {
  const world = await shared.inNewNamespace();
  await using operator = world.run(await world.operatorClient());
  await world.create('db', { replicas: 2 });
  await world.playReady('db', ['db-0', 'db-1']);
  await untilRunning(world, 'db');
  assert.deepEqual(await operator.metric('database_clusters_created_total'), [
    `database_clusters_created_total{namespace="${world.namespace}",version="15"} 1`,
  ]);
  const phaseLines = ['Creating', 'Running', 'Failed', 'Deleting'].map(
    (phase) =>
      `database_clusters_status{namespace="${world.namespace}",phase="${phase}"} ${phase === 'Running' ? '1' : '0'}`,
  );
  // The operator counts what it has been told of, which is a moment later than what is there.
  const untilCounted = (lines: readonly string[]): Promise<void> =>
    until(async () => isDeepStrictEqual(await operator.metric('database_clusters_status'), lines));
  await untilCounted(phaseLines);
  const pods = ['db-0', 'db-1'];
  const uidOf = async (pod: string) => (await world.find(Pod, pod))?.metadata.uid;
  const uids = await Promise.all(pods.map(uidOf));
  await world.client.delete(DatabaseCluster.resource, { namespace: world.namespace, name: 'db' });
  // A change on the way out changes nothing.
  await world.change('db', { spec: { replicas: 5 } }).catch(() => undefined);
  await until(async () => (await world.find(DatabaseCluster.resource, 'db')) === undefined);
  for (const name of ['data-db-0', 'data-db-1']) {
    assert.equal(await world.find(PersistentVolumeClaim, name), undefined, name);
  }
  // A controller of StatefulSets that is behind may have made other ones, which the garbage collector takes.
  const left = await Promise.all(pods.map(uidOf));
  assert.deepEqual(
    left.filter((uid) => uid !== undefined && uids.includes(uid)),
    [],
  );
  for (const pod of pods) await until(async () => (await uidOf(pod)) === undefined);
  await until(async () => (await world.find(Service, 'db')) === undefined);
  await untilCounted([]);
});

test(
  'keeps claims for a cluster to come, which takes them only when it is told to',
  options,
  async () => {
    const world = await shared.inNewNamespace();
    const { namespace, client } = world;
    await using _operator = world.run();
    await world.create('db', { replicas: 2, reclaimPolicy: 'Retain' });
    await world.playReady('db', ['db-1', 'db-0']);
    await untilRunning(world, 'db');
    await client.delete(DatabaseCluster.resource, { namespace, name: 'db' });
    await until(async () => (await world.find(DatabaseCluster.resource, 'db')) === undefined);
    const kept = await world.find(PersistentVolumeClaim, 'data-db-1');
    assert.equal(kept?.metadata.annotations?.[annotations.wasPrimary], 'true');
    await world.create('db', { replicas: 2 });
    await until(async () => (await world.condition('db', 'Accepted'))?.reason === 'ClaimsExist');
    assert.equal(await world.find(StatefulSet, 'db'), undefined);
    await world.change('db', { metadata: { annotations: { [annotations.adoptClaims]: 'true' } } });
    await until(async () => (await world.find(Lease, 'db-primary')) !== undefined);
    const lease = await world.find(Lease, 'db-primary');
    assert.equal(lease?.metadata.annotations?.[leaseAnnotations.primary], 'db-1');
    assert.equal(lease.metadata.annotations[leaseAnnotations.systemIdentifier], '7');
    const { uid } = (await world.database('db')).metadata;
    await until(async () => {
      const claim = await world.find(PersistentVolumeClaim, 'data-db-0');
      return claim?.metadata.annotations?.[annotations.clusterUid] === uid;
    });
  },
);

test(
  'makes nothing while the Lease of an earlier cluster of its name is there, which is not its own',
  options,
  async () => {
    const world = await shared.inNewNamespace();
    const { namespace, client } = world;
    const lease = { namespace, name: 'db-primary' };
    const setFinalizers = (finalizers: readonly string[]) =>
      client.patch(Lease, lease, { type: 'merge', body: { metadata: { finalizers } } });
    {
      await using _operator = world.run();
      await world.create('db', { reclaimPolicy: 'Retain' });
      await world.playReady('db');
      await untilRunning(world, 'db');
      await setFinalizers(['example.com/held']);
      await client.delete(DatabaseCluster.resource, { namespace, name: 'db' });
      await until(async () => (await world.find(DatabaseCluster.resource, 'db')) === undefined);
    }
    const left = async (): Promise<readonly string[]> => {
      const labelSelector = managedSelector;
      const lists = [Secret, ConfigMap, Service, StatefulSet].map(async (resource: Resource) =>
        client.list(resource, { namespace, labelSelector }),
      );
      return (await Promise.all(lists)).flatMap(({ items }) =>
        items.map(({ metadata }) => metadata.name),
      );
    };
    await until(async () => (await left()).length === 0);
    await world.create('db');
    await using operator = world.run();
    await until(async () => (await operator.reconciles()) > 0);
    await operator.untilSettled();
    assert.deepEqual(await left(), []);
    await setFinalizers([]);
    await until(async () => (await world.condition('db', 'Accepted'))?.reason === 'ClaimsExist');
    assert.equal(await world.find(Lease, lease.name), undefined);
  },
);

test('goes with its namespace', options, async () => {
  const world = await shared.inNewNamespace();
  await using _operator = world.run();
  await world.create('db');
  await world.playReady('db');
  await untilRunning(world, 'db');
  await world.client.delete(Namespace, { name: world.namespace });
  await until(async () => {
    const { items } = await world.client.list(Namespace);
    return !items.some(({ metadata }) => metadata.name === world.namespace);
  });
});
