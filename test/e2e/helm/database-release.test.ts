import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import {
  ConfigMap,
  CustomResourceDefinition,
  Deployment,
  isConditionTrue,
  Lease,
  Namespace,
  Pod,
  PodDisruptionBudget,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { DatabaseCluster, DatabaseClusterV1beta1 } from '@kubewright/database-cluster';
import { cordon, uncordon } from '../cordon.ts';
import { untilGone, untilObject } from '../until-object.ts';
import {
  imagesOf,
  postgresVersion,
  releaseOf,
  withoutDatabases,
  type Release,
} from './database-charts.ts';
import { ask, missingNumbers, SteadyWriter, untilAnswering } from './database-client.ts';
import { helm, settings } from './helm.ts';
import { inventory, untilFurnished, untilOnly } from './inventory.ts';

const skip = withoutDatabases();
const release = 'databases';
/** The operator is in the one, what it watches in the other. */
const [namespace, shops] = ['operators', 'shops'];
const operatorName = `${release}-database-cluster`;
const shop = { namespace: shops, name: 'shop' };
const definition = { name: 'databaseclusters.example.com' };
const values = {
  'watch.namespaces': [shops],
  // No failover because the machine of the tests is busy.
  failoverLeaseSeconds: 30,
};
const target = ['--namespace', namespace, '--wait', '--timeout', '300s'];
const operatorPods = {
  namespace,
  labelSelector: `app.kubernetes.io/instance=${release}`,
};
const databasePods = { namespace: shops, labelSelector: 'example.com/cluster=shop' };

describe('a database of the chart', { skip, timeout: 1_800_000 }, () => {
  let cluster: EmbeddedCluster;
  let client: Client;
  let older: Release;
  let newer: Release;
  let atFirst: readonly string[];
  /** Every number that a client was told is written. */
  const acknowledged: number[] = [];

  before(async () => {
    older = await releaseOf('0.7.0');
    newer = await releaseOf('0.8.0');
    await withoutAgeColumn(older.chart);
    cluster = await EmbeddedCluster.start({
      images: await imagesOf([older, newer]),
      parentFolder: '/tmp',
    });
    ({ client } = cluster);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    for (const name of [namespace, shops]) {
      await client.create(Namespace, { metadata: { name, labels } });
    }
    await untilFurnished(client);
    atFirst = await inventory(client);
  });
  after(async () => {
    await cluster.stop();
    for (const { chart } of [older, newer]) await rm(chart, { recursive: true, force: true });
  });

  const run = (...args: string[]): Promise<string> => helm(args, cluster.kubeconfigPath);
  const database = (): Promise<Stored<DatabaseCluster>> =>
    client.get(DatabaseCluster.resource, shop);
  const untilDatabase = (
    isSo: (database: Stored<DatabaseCluster>) => boolean,
  ): Promise<Stored<DatabaseCluster>> => untilObject(client, DatabaseCluster.resource, shop, isSo);
  const untilWell = (): Promise<Stored<DatabaseCluster>> =>
    untilDatabase(({ status, metadata }) =>
      ['Ready', 'FailoverReady'].every(
        (type) =>
          isConditionTrue(status?.conditions, type) &&
          status?.observedGeneration === metadata.generation,
      ),
    );
  /** Which containers run, by what tells one of their lives from the next. */
  const lives = async (): Promise<Record<string, unknown>> => {
    const { items } = await client.list(Pod, databasePods);
    return Object.fromEntries(
      items.map(({ metadata, status }) => [
        metadata.name,
        [
          metadata.uid,
          ...[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(
            ({ containerID, restartCount }) => `${containerID ?? ''} ${String(restartCount)}`,
          ),
        ],
      ]),
    );
  };
  const operatorImages = async (): Promise<(string | undefined)[]> =>
    (await client.list(Pod, operatorPods)).items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ spec }) => spec?.containers[0]?.image);
  const columns = async (): Promise<(string | undefined)[]> =>
    (
      await client.get(CustomResourceDefinition, definition)
    ).spec.versions[0]?.additionalPrinterColumns?.map(({ name }) => name) ?? [];
  /** Whoever asks in the older version is answered by the webhook. */
  const untilConverted = async (): Promise<void> => {
    for (;;) {
      try {
        const { apiVersion, spec } = await client.get(DatabaseClusterV1beta1.resource, shop);
        assert.deepEqual([apiVersion, spec.replicas], ['example.com/v1beta1', 3]);
        return;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        await sleep(200);
      }
    }
  };
  /** Writes while something else goes on, and answers what failed. All that was ever acknowledged is there. */
  const written = async (what: () => Promise<void>): Promise<readonly string[]> => {
    const writer = new SteadyWriter(client, shop, (acknowledged.at(-1) ?? 0) + 1);
    {
      await using _ends = writer;
      await writer.more(20);
      await what();
      await writer.more(20);
    }
    acknowledged.push(...writer.acknowledged);
    assert.deepEqual(await missingNumbers(client, shop, acknowledged), []);
    return writer.failures;
  };
  /** Has something go on that no client of the database notices, and no container of its pods. */
  const untouched = async (what: () => Promise<void>): Promise<void> => {
    const before = await lives();
    assert.deepEqual(await written(what), []);
    assert.deepEqual(await lives(), before);
  };

  test('is installed, and runs a database of three servers', async () => {
    await run('install', release, older.chart, ...target, ...settings(values));
    assert.deepEqual(await operatorImages(), [older.image, older.image]);
    assert.equal((await columns()).includes('Age'), false);
    const budget = await client.get(PodDisruptionBudget, { namespace, name: operatorName });
    assert.equal(budget.spec?.maxUnavailable, 1);
    await client.create(
      DatabaseCluster.resource,
      DatabaseCluster.create({
        metadata: { ...shop },
        spec: {
          replicas: 3,
          version: postgresVersion ?? '',
          storage: { size: '64Mi' },
          ha: { enabled: true },
        },
      }),
    );
    await untilWell();
    await untilAnswering(client, shop);
    await ask(client, shop, 'CREATE TABLE numbers (number int PRIMARY KEY)');
    await untouched(untilConverted);
  });

  test('is upgraded, while no database is restarted and no write fails', async () => {
    await untouched(async () => {
      await run('upgrade', release, newer.chart, ...target, ...settings(values));
      assert.deepEqual(await operatorImages(), [newer.image, newer.image]);
      assert.equal((await columns()).includes('Age'), true);
      await untilConverted();
      await untilDatabase(({ status }) =>
        (status?.conditions ?? []).some(
          ({ type, reason }) => type === 'PodsUpToDate' && reason === 'WaitingForDeletion',
        ),
      );
      const { status } = await untilWell();
      assert.equal(status?.phase, 'Running');
    });
  });

  test('is upgraded with other arguments, and follows what is asked of it', async () => {
    await untouched(async () => {
      const more = { ...values, extraArgs: ['--log-level', 'debug'], numWorkers: 2 };
      await run('upgrade', release, newer.chart, ...target, ...settings(more));
      await untilConverted();
      const body = { spec: { monitoring: { enabled: true } } };
      await client.patch(DatabaseCluster.resource, shop, { type: 'merge', body });
      await untilWell();
    });
  });

  test('is rolled back, while no database is restarted and no write fails', async () => {
    await untouched(async () => {
      await run('rollback', release, '1', ...target);
      assert.deepEqual(await operatorImages(), [older.image, older.image]);
      assert.equal((await columns()).includes('Age'), false);
      await untilConverted();
      await untilDatabase(({ status }) => isConditionTrue(status?.conditions, 'PodsUpToDate'));
      await untilWell();
    });
  });

  test('has a standby that takes over from an operator that leads and goes', async () => {
    await untouched(async () => {
      const leader = async (): Promise<string> => {
        const { spec } = await untilObject(
          client,
          Lease,
          { namespace, name: operatorName },
          (lease) => Boolean(lease.spec?.holderIdentity),
        );
        return spec?.holderIdentity ?? '';
      };
      const first = await leader();
      const { items } = await client.list(Pod, operatorPods);
      const victim = items.find(({ metadata }) => first.startsWith(`${metadata.name}_`));
      assert.ok(victim !== undefined, `${first} is a pod`);
      await client.delete(
        Pod,
        { namespace, name: victim.metadata.name },
        { gracePeriodSeconds: 0 },
      );
      await untilObject(
        client,
        Lease,
        { namespace, name: operatorName },
        ({ spec }) => Boolean(spec?.holderIdentity) && spec?.holderIdentity !== first,
      );
      const body = { spec: { monitoring: { enabled: false } } };
      await client.patch(DatabaseCluster.resource, shop, { type: 'merge', body });
      await untilWell();
      await untilObject(
        client,
        Deployment,
        { namespace, name: operatorName },
        ({ status }) => status?.readyReplicas === 2,
      );
    });
  });

  test('leaves databases that go on, and fail over, when it is uninstalled', async () => {
    await untouched(async () => {
      await run('uninstall', release, '--namespace', namespace, '--wait');
      // Helm waits for what is in the chart, which the pods are collected after.
      while ((await client.list(Pod, operatorPods)).items.length > 0) await sleep(50);
    });
    const { status } = await database();
    assert.equal(status?.phase, 'Running');

    const lease = { namespace: shops, name: 'shop-primary' };
    const said = ({ metadata }: Stored<Lease>, what: string): string | undefined =>
      metadata.annotations?.[`example.com/${what}`];
    const primary = said(await client.get(Lease, lease), 'primary') ?? '';
    // A primary that is back before its lease has expired may have it again.
    await cordon(client);
    await written(async () => {
      await client.delete(Pod, { namespace: shops, name: primary }, { gracePeriodSeconds: 0 });
      await untilObject(client, Lease, lease, (each) => said(each, 'primary') !== primary);
    });
    await uncordon(client);
    // The one that was killed follows the new one.
    await untilObject(client, Lease, lease, (each) => said(each, 'successors') !== '[]');
    await untilObject(client, StatefulSet, shop, (set) => set.status?.readyReplicas === 3);
  });

  test('takes over what is there when it is installed again, and then writes nothing', async () => {
    await untouched(async () => {
      await run('install', release, older.chart, ...target, ...settings(values));
      await untilConverted();
      await untilDatabase(
        ({ status }) => status?.lastFailover !== undefined && status.readyReplicas === 3,
      );
      await untilWell();
      const before = await kept();
      const counted = await reconciles();
      // Looks at the database again and again, each time because an annotation has changed.
      for (let look = 1; (await reconciles()) < counted + 3; look += 1) {
        const body = { metadata: { annotations: { look: String(look) } } };
        await client.patch(DatabaseCluster.resource, shop, { type: 'merge', body });
        await sleep(200);
      }
      assert.deepEqual(await kept(), before);
    });
  });

  /** Everything that the operator keeps as it should be, by what changes with every write. */
  async function kept(): Promise<string[]> {
    const selection = { namespace: shops, labelSelector: 'example.com/cluster=shop' };
    const lists = await Promise.all(
      [ConfigMap, Secret, Service, ServiceAccount, Role, RoleBinding].map((resource) =>
        client.list(resource, selection),
      ),
    );
    const { metadata, spec } = await client.get(StatefulSet, shop);
    const { status } = await database();
    return [
      ...lists.flatMap(({ items }) =>
        items.map(({ kind, metadata: { name, resourceVersion } }) =>
          [kind, name, resourceVersion].join(' '),
        ),
      ),
      JSON.stringify([metadata.uid, metadata.generation, metadata.managedFields, spec]),
      JSON.stringify(status),
    ];
  }

  /** How often the operators have looked at a database. */
  async function reconciles(): Promise<number> {
    const { items } = await client.list(Pod, operatorPods);
    const texts = await Promise.all(
      items.map(async ({ status }) => {
        const answer = await fetch(`http://${status?.podIP ?? ''}:8080/metrics`);
        return answer.text();
      }),
    );
    return texts
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.startsWith('controller_runtime_reconcile_total{'))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  test('leaves nothing when its databases were deleted, but what it was told to keep', async () => {
    await client.delete(DatabaseCluster.resource, shop);
    await untilGone(client, DatabaseCluster.resource, shop);
    await run('uninstall', release, '--namespace', namespace, '--wait');
    const stays = `CustomResourceDefinition /${definition.name}`;
    await untilOnly(client, [...atFirst, stays], AbortSignal.timeout(120_000));
    assert.ok((await inventory(client)).includes(stays));
  });
});

/** As a chart was before the definition had this column. */
async function withoutAgeColumn(chart: string): Promise<void> {
  const file = join(chart, 'templates/definitions/databaseclusters.yaml');
  const text = await readFile(file, 'utf8');
  const changed = text.replaceAll(/^( +)- name: Age\n(?:\1 {2}.*\n)+/gm, '');
  assert.notEqual(changed, text, 'the definition has the column');
  await writeFile(file, changed);
}
