import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import {
  CustomResourceDefinition,
  isConditionTrue,
  Job,
  Namespace,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { DatabaseCluster } from '@kubewright/database-cluster';
import { untilGone, untilObject } from '../until-object.ts';
import {
  imagesOf,
  postgresVersion,
  releaseOf,
  withoutDatabases,
  type Release,
} from './database-charts.ts';
import { helm, settings } from './helm.ts';

const skip = withoutDatabases();
const release = 'databases';
const namespace = 'operators';
const definition = { name: 'databaseclusters.example.com' };
const finalizer = 'example.com/database-cluster';

describe('an uninstallation of the chart', { skip, timeout: 1_800_000 }, () => {
  let cluster: EmbeddedCluster;
  let client: Client;
  let chart: Release;
  let count = 0;
  /** The one that is watched, of this test alone. */
  let watched = '';

  before(async () => {
    chart = await releaseOf('0.7.0');
    cluster = await EmbeddedCluster.start({
      images: await imagesOf([chart]),
      parentFolder: '/tmp',
    });
    ({ client } = cluster);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await client.create(Namespace, { metadata: { name: namespace, labels } });
  });
  after(async () => {
    await cluster.stop();
    await rm(chart.chart, { recursive: true, force: true });
  });
  beforeEach(async () => {
    count += 1;
    watched = `shops-${String(count)}`;
    await client.create(Namespace, { metadata: { name: watched } });
  });
  afterEach(async () => {
    await run('uninstall', release, '--namespace', namespace, '--no-hooks', '--ignore-not-found');
  });

  const run = (...args: string[]): Promise<string> => helm(args, cluster.kubeconfigPath);
  const install = (values: Readonly<Record<string, unknown>> = {}): Promise<string> =>
    run(
      ...['install', release, chart.chart, '--namespace', namespace],
      ...['--wait', '--timeout', '300s'],
      ...settings({ 'watch.namespaces': [watched], 'ha.replicaCount': 1, ...values }),
    );
  const uninstall = (timeout = '300s'): Promise<string> =>
    run('uninstall', release, '--namespace', namespace, '--wait', '--timeout', timeout);
  const shop = () => ({ namespace: watched, name: 'shop' });
  const create = async (place = shop()): Promise<void> => {
    await client.create(
      DatabaseCluster.resource,
      DatabaseCluster.create({
        metadata: { ...place },
        spec: { replicas: 1, version: postgresVersion ?? '', storage: { size: '64Mi' } },
      }),
    );
  };
  const createReady = async (): Promise<Stored<DatabaseCluster>> => {
    await create();
    return untilObject(client, DatabaseCluster.resource, shop(), ({ status }) =>
      isConditionTrue(status?.conditions, 'Ready'),
    );
  };
  const hooks = async (): Promise<string[]> =>
    (await client.list(Job, { namespace })).items.map(({ metadata }) => metadata.name);

  test('lets go of databases: they run on, and can be deleted, as can their namespaces', async () => {
    await install();
    const { metadata } = await createReady();
    assert.deepEqual(metadata.finalizers, [finalizer]);
    await uninstall();
    const kept = await client.get(DatabaseCluster.resource, shop());
    assert.equal(kept.metadata.finalizers, undefined);
    const pod = await client.get(Pod, { namespace: watched, name: 'shop-0' });
    assert.equal(pod.metadata.deletionTimestamp, undefined);
    assert.deepEqual(await hooks(), []);

    await client.delete(DatabaseCluster.resource, shop());
    await untilGone(client, DatabaseCluster.resource, shop());
    await untilGone(client, StatefulSet, shop());
    // Nobody was there to delete the data, as the reclaim policy says; so they are kept.
    const claim = await client.get(PersistentVolumeClaim, {
      namespace: watched,
      name: 'data-shop-0',
    });
    assert.equal(claim.metadata.deletionTimestamp, undefined);
    await client.delete(Namespace, { name: watched });
    await untilGone(client, Namespace, { name: watched });
  });

  test('holds databases again when the operator is back', async () => {
    await install();
    const first = await createReady();
    await uninstall();
    await install();
    const { metadata } = await untilObject(
      client,
      DatabaseCluster.resource,
      shop(),
      (each) => each.metadata.finalizers?.includes(finalizer) === true,
    );
    assert.equal(metadata.uid, first.metadata.uid);
    await client.delete(DatabaseCluster.resource, shop());
    await untilGone(client, DatabaseCluster.resource, shop());
    await untilGone(client, PersistentVolumeClaim, { namespace: watched, name: 'data-shop-0' });
  });

  test('lets the operator finish with what is being deleted', async () => {
    await install();
    await createReady();
    await client.delete(DatabaseCluster.resource, shop());
    await uninstall();
    await untilGone(client, DatabaseCluster.resource, shop());
    // It was the operator that deleted the data; otherwise they would be there for good.
    await untilGone(client, PersistentVolumeClaim, { namespace: watched, name: 'data-shop-0' });
  });

  test('without the definitions deletes databases with their data, in good order', async () => {
    await install({ 'crds.keep': false });
    await createReady();
    await uninstall();
    await untilGone(client, CustomResourceDefinition, definition);
    await untilGone(client, PersistentVolumeClaim, { namespace: watched, name: 'data-shop-0' });
    assert.deepEqual((await client.list(Pod, { namespace: watched })).items, []);
  });

  test('refuses to delete the definitions while there are databases of others, and says which', async () => {
    const foreign = { namespace: 'default', name: 'foreign' };
    await install({ 'crds.keep': false });
    await createReady();
    await create(foreign);
    // Helm 4.1 waits for a Job that has failed until its time is over, and shows the log then.
    await assert.rejects(
      uninstall('60s'),
      /DatabaseCluster default\/foreign.*Nothing was deleted/s,
    );
    const { metadata } = await client.get(DatabaseCluster.resource, shop());
    assert.equal(metadata.deletionTimestamp, undefined);
    await client.get(Pod, { namespace: watched, name: 'shop-0' });

    await client.delete(DatabaseCluster.resource, foreign);
    await uninstall();
    await untilGone(client, CustomResourceDefinition, definition);
  });

  test('is not held up by a namespace that was deleted before', async () => {
    await install();
    await createReady();
    await client.delete(Namespace, { name: watched });
    await untilGone(client, Namespace, { name: watched });
    await uninstall();
    assert.deepEqual(await hooks(), []);
  });
});
