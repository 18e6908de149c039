import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronFault } from '../src/api/cron-line.ts';
import { DatabaseCluster, DatabaseClusterV1beta1 } from '../src/api/database-cluster.ts';
import { judgeVersionChange } from '../src/api/postgres-version.ts';
import { settingsOf } from '../src/api/settings.ts';

const create = (spec: object) =>
  DatabaseCluster.create({
    metadata: { name: 'db' },
    spec: { replicas: 1, version: '15', storage: { size: '1Gi' }, ...spec },
  });

test('each version takes its PostgreSQL versions, with or without a minor version', () => {
  for (const version of ['13', '14.2', '15', '15.18'])
    assert.doesNotThrow(() => create({ version }));
  for (const version of ['12', '16', '15.', '15.4.1', 'latest', '']) {
    assert.throws(() => create({ version }), /version/, version);
  }
  const beta = (version: string) =>
    DatabaseClusterV1beta1.create({
      metadata: { name: 'db' },
      spec: { replicas: 1, version, storage: { size: '1Gi' } },
    });
  for (const version of ['12', '13.5']) assert.doesNotThrow(() => beta(version));
  for (const version of ['11', '14']) assert.throws(() => beta(version), /version/, version);
});

test('sizes, replicas and roles are bounded', () => {
  assert.throws(() => create({ replicas: 0 }), /replicas/);
  assert.throws(() => create({ replicas: -1 }), /replicas/);
  assert.throws(() => create({ replicas: 101 }), /replicas/);
  assert.throws(() => create({ storage: { size: '1G' } }), /size/);
  assert.throws(
    () => create({ security: { authentication: { username: 'a; drop table' } } }),
    /username/,
  );
});

test('the manifest has both versions, converted by a webhook', () => {
  const { spec } = DatabaseCluster.manifest();
  assert.equal(spec.conversion?.strategy, 'Webhook');
  assert.deepEqual(
    spec.versions.map(({ name, storage, served }) => ({ name, storage, served })),
    [
      { name: 'v1', storage: true, served: true },
      { name: 'v1beta1', storage: false, served: true },
    ],
  );
});

test('defaults are filled in', () => {
  assert.deepEqual(settingsOf(create({}).spec), {
    instances: 1,
    version: '15',
    size: '1Gi',
    storageClass: undefined,
    port: 5432,
    externalAccess: false,
    tls: false,
    authentication: 'scram-sha-256',
    username: 'app',
    failover: undefined,
    metricsPath: undefined,
    backup: undefined,
    reclaimPolicy: 'Delete',
  });
});

test('with failover there are as many pods as the greater number of replicas, and ha.replicas may lead', () => {
  const of = (replicas: number, ha: object) => {
    const cluster = create({ replicas, ha: { enabled: true, ...ha } });
    const { instances, failover } = settingsOf(cluster.spec);
    return [instances, failover?.candidates];
  };
  assert.deepEqual(of(3, {}), [3, 3]);
  assert.deepEqual(of(1, { replicas: 3 }), [3, 3]);
  assert.deepEqual(of(5, { replicas: 3 }), [5, 3]);
  assert.equal(settingsOf(create({ ha: { replicas: 3 } }).spec).instances, 1);
});

test('the endpoint of the metrics is a path, or a URL with one', () => {
  const of = (endpoint?: string) => {
    const monitoring = { enabled: true, ...(endpoint === undefined ? {} : { endpoint }) };
    return settingsOf(create({ monitoring }).spec).metricsPath;
  };
  assert.equal(of(), '/metrics');
  assert.equal(of('/db'), '/db');
  assert.equal(of('http://prometheus:9090'), '/metrics');
  assert.equal(of('http://prometheus:9090/db'), '/db');
  assert.equal(settingsOf(create({ monitoring: { endpoint: '/db' } }).spec).metricsPath, undefined);
});

test('a version moves within its major version, upwards', () => {
  const reason = (from: string, to: string) => {
    const change = judgeVersionChange(from, to);
    return change.type === 'allowed' ? 'allowed' : change.reason;
  };
  assert.equal(reason('15', '15'), 'allowed');
  assert.equal(reason('15.3', '15.4'), 'allowed');
  assert.equal(reason('15.4', '15'), 'allowed');
  assert.equal(reason('15.4', '15.3'), 'DowngradeRefused');
  assert.equal(reason('15', '14'), 'DowngradeRefused');
  assert.equal(reason('13', '15'), 'MajorSkipRefused');
  assert.equal(reason('14', '15'), 'MajorUpgradeRefused');
  const change = judgeVersionChange('14', '15');
  assert.match(change.type === 'refused' ? change.message : '', /goes on with 14.*spec\.restore/);
});

test('a cron line is told apart from what is none', () => {
  const lines = ['0 3 * * *', '*/15 * * * *', '0 0 1 jan mon-fri', '5,10-20/2 * * * 0', '@daily'];
  for (const line of lines) assert.equal(cronFault(line), undefined, line);
  assert.equal(cronFault('61 * * * *'), 'end of range (61) above maximum (59): 61');
  assert.equal(cronFault('* * *'), 'expected exactly 5 fields, found 3: [* * *]');
  assert.equal(
    cronFault('TZ=Europe/Berlin 0 3 * * *'),
    'a time zone cannot be part of it, it is in UTC',
  );
  for (const line of ['', '@often', '*/0 * * * *', '5-1 * * * *', '* * * * 8', 'a b c d e']) {
    assert.notEqual(cronFault(line), undefined, line);
  }
});
