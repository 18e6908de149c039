import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DatabaseCluster, DatabaseClusterV1beta1 } from '../src/api/database-cluster.ts';
import { retentionSeconds } from '../src/api/retention.ts';

const { v1, v1beta1 } = { v1: 'example.com/v1', v1beta1: 'example.com/v1beta1' } as const;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const record = (model: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(model).map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>); // without undefined
const size = fc
  .tuple(fc.nat(999), fc.constantFrom('Gi', 'Mi', 'Ki'))
  .map((parts) => parts.join(''));
const versionOf = (majors: number[]) =>
  fc
    .tuple(fc.constantFrom(...majors), optional(fc.nat(30)))
    .map((numbers) => numbers.filter((number) => number !== undefined).join('.'));
const retention = fc.oneof(
  fc.integer({ min: 1, max: 90 }),
  fc.constantFrom('12h', '7d', '4w', 'nonsense'),
);
const common = {
  replicas: fc.integer({ min: 1, max: 100 }),
  storage: record({ size, class: optional(fc.constantFrom('fast', 'slow')) }),
  network: optional(
    record({
      port: optional(fc.integer({ min: 1, max: 65_535 })),
      externalAccess: optional(fc.boolean()),
    }),
  ),
  security: optional(
    record({
      tlsEnabled: optional(fc.boolean()),
      authentication: optional(
        record({
          type: optional(fc.constantFrom('scram-sha-256', 'md5', 'cert', 'password')),
          username: optional(fc.constantFrom('app', 'shop')),
        }),
      ),
    }),
  ),
  monitoring: optional(
    record({ enabled: optional(fc.boolean()), endpoint: optional(fc.constantFrom('/m', '')) }),
  ),
};
const ha = { enabled: optional(fc.boolean()), replicas: optional(fc.integer({ min: 1, max: 9 })) };
const backup = {
  schedule: optional(fc.constantFrom('0 3 * * *', 'x')),
  retention: optional(retention),
};
const policy = optional(fc.constantFrom('Delete', 'Retain'));

const newSpec = record({
  ...common,
  version: versionOf([13, 14, 15]),
  ha: optional(
    record({
      ...ha,
      durability: optional(fc.constantFrom('Synchronous', 'Asynchronous')),
      maximumLag: optional(size),
    }),
  ),
  backup: optional(
    record({
      ...backup,
      storage: optional(record({ size: optional(size) })),
      reclaimPolicy: policy,
    }),
  ),
  reclaimPolicy: policy,
  restore: optional(record({ cluster: fc.constant('old'), backup: optional(fc.constant('b1')) })),
});
const oldSpec = record({
  ...common,
  version: versionOf([12, 13]),
  ha: optional(record(ha)),
  backup: optional(record(backup)),
});
const status = optional(
  record({
    phase: optional(fc.constantFrom('Creating', 'Running', 'Failed', 'Deleting')),
    readyReplicas: optional(fc.nat(9)),
    primary: optional(fc.constant('db-0')),
  }),
);
const metadata = { name: 'db', namespace: 'default', uid: '1', annotations: { mine: 'yes' } };

const objectOf = (apiVersion: string, spec: fc.Arbitrary<unknown>) =>
  fc.tuple(spec, status).map(([given, observed]) => ({
    apiVersion,
    kind: 'DatabaseCluster',
    metadata,
    spec: given,
    ...(observed === undefined ? {} : { status: observed }),
  }));

const specOf = (object: object): unknown => (object as { spec?: unknown }).spec;

test('v1 comes back from v1beta1 as it was', () => {
  fc.assert(
    fc.property(objectOf(v1, newSpec), (cluster) => {
      const back = DatabaseCluster.convert(DatabaseCluster.convert(cluster, v1beta1), v1);
      assert.deepEqual(back, cluster);
    }),
  );
});

test('v1beta1 comes back from v1 as it was', () => {
  fc.assert(
    fc.property(objectOf(v1beta1, oldSpec), (cluster) => {
      const back = DatabaseCluster.convert(DatabaseCluster.convert(cluster, v1), v1beta1);
      assert.deepEqual(back, cluster);
    }),
  );
});

test('v1beta1 shows the fields that it has, and no others', () => {
  const cluster = DatabaseCluster.create({
    metadata: { name: 'db' },
    spec: {
      replicas: 3,
      version: '15.4',
      storage: { size: '1Gi' },
      ha: { enabled: true, durability: 'Asynchronous' },
      backup: { schedule: '@daily', reclaimPolicy: 'Delete' },
      reclaimPolicy: 'Retain',
    },
  });
  assert.deepEqual(specOf(DatabaseCluster.convert(cluster, v1beta1)), {
    replicas: 3,
    version: '15.4',
    storage: { size: '1Gi' },
    ha: { enabled: true },
    backup: { schedule: '@daily' },
  });
});

test('what v1beta1 changes arrives, and the fields that it does not know stay', () => {
  const cluster = DatabaseCluster.create({
    metadata: { name: 'db' },
    spec: { replicas: 1, version: '13', storage: { size: '1Gi' }, reclaimPolicy: 'Retain' },
  });
  const old = DatabaseClusterV1beta1.parse(DatabaseCluster.convert(cluster, v1beta1));
  const scaled = { ...old, spec: { ...old.spec, replicas: 3 } };
  assert.deepEqual(specOf(DatabaseCluster.convert(scaled, v1)), { ...cluster.spec, replicas: 3 });
});

test('a retention is a number of days, or an amount with a unit', () => {
  assert.equal(retentionSeconds(2), 172_800);
  assert.equal(retentionSeconds('2'), 172_800);
  assert.equal(retentionSeconds('12h'), 43_200);
  assert.equal(retentionSeconds('1w'), 604_800);
  for (const nonsense of [0, -1, '0d', '', '7 days', '1y']) {
    assert.equal(retentionSeconds(nonsense), undefined, String(nonsense));
  }
});
