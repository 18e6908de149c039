import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EmbeddedCluster } from '@kubewright/cluster';
import { chartOf, helm, settings, withoutHelm } from './helm.ts';
import { inventory, untilOnly } from './inventory.ts';

const chart = chartOf('database-cluster');

/** What somebody sets wrongly, and what must be in the answer: where it is, and what is right. */
const wrong: readonly (readonly [values: Readonly<Record<string, unknown>>, answer: RegExp])[] = [
  [{ postgressImage: 'postgres' }, /'postgressImage' not allowed/],
  [{ 'ha.replicas': 3 }, /at '\/ha': .*'replicas' not allowed/],
  [{ 'ha.replicaCount': 'two' }, /at '\/ha\/replicaCount': got string, want integer/],
  [{ podUpdateStrategy: 'Sometimes' }, /podUpdateStrategy'.*'OnDelete', 'RollingUpdate'/],
  [{ failoverLeaseSeconds: 2 }, /failoverLeaseSeconds'.*got 2, want 4/],
  [{ 'watch.namespaces': 'shops' }, /at '\/watch\/namespaces': got string, want array/],
  [{ 'image.digest': 'latest' }, /at '\/image\/digest': 'latest' does not match pattern/],
  [
    { 'serviceAccount.create': false },
    /serviceAccount\.name: name the ServiceAccount to use, or set serviceAccount\.create to true/,
  ],
];

describe('the chart of database-cluster', { skip: withoutHelm(), timeout: 600_000 }, () => {
  let cluster: EmbeddedCluster;

  before(async () => {
    cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
  });
  after(() => cluster.stop());

  for (const [values, answer] of wrong) {
    test(`refuses ${JSON.stringify(values)}, says why, and makes nothing`, async () => {
      const before = await inventory(cluster.client);
      const args = ['install', 'trial', chart, '--namespace', 'default', ...settings(values)];
      await assert.rejects(helm(args, cluster.kubeconfigPath), answer);
      await untilOnly(cluster.client, before, AbortSignal.timeout(1));
    });
  }
});
