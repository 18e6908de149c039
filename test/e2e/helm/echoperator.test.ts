import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ConfigMap,
  CustomResourceDefinition,
  Deployment,
  isConditionTrue,
  Job,
  Lease,
  Namespace,
  Pod,
  PodDisruptionBudget,
  Service,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { Echo } from '@kubewright/echoperator';
import { repositoryImages } from '@kubewright/walk-through';
import { untilObject } from '../until-object.ts';
import { borrowedDefinitions } from './borrowed-definitions.ts';
import { chartOf, helm, settings, withoutHelm } from './helm.ts';
import { inventory, untilFurnished, untilOnly } from './inventory.ts';

const skip = withoutHelm();
const name = 'echoperator';
const namespace = 'echo';
const chart = chartOf(name);
const target = ['--namespace', namespace, '--wait', '--timeout', '300s'];

/** Every value that users of the chart are promised, and none with its default. */
const values = {
  image: { repository: name, tag: '0.1.0', pullPolicy: 'Never' },
  env: 'staging',
  logLevel: 'debug',
  numWorkers: 2,
  ha: {
    enabled: true,
    leaderElection: {
      leaseDurationSeconds: 20,
      renewDeadlineSeconds: 12,
      retryPeriodSeconds: 3,
    },
    replicaCount: 2,
  },
  monitoring: {
    enabled: true,
    path: '/numbers',
    port: 2113,
    serviceMonitor: true,
    namespace: 'monitoring',
    interval: '10s',
    labels: { release: 'prometheus' },
  },
  resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu: '1', memory: '512Mi' } },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
};

describe('the chart of echoperator', { skip, timeout: 1_200_000 }, () => {
  let cluster: EmbeddedCluster;
  let client: Client;
  let atFirst: readonly string[];

  before(async () => {
    cluster = await EmbeddedCluster.start({ images: repositoryImages() });
    ({ client } = cluster);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await client.create(Namespace, { metadata: { name: namespace, labels } });
    await client.create(Namespace, { metadata: { name: 'monitoring' } });
    for (const definition of borrowedDefinitions) {
      await client.create(CustomResourceDefinition, definition);
      const ref = { name: definition.metadata.name ?? '' };
      await untilObject(client, CustomResourceDefinition, ref, ({ status }) =>
        isConditionTrue(status?.conditions, 'Established'),
      );
    }
    await untilFurnished(client);
    atFirst = await inventory(client);
  });
  after(() => cluster.stop());

  async function say(echo: string): Promise<Stored<Echo>> {
    const metadata = { name: echo, namespace };
    const spec = { message: 'Hola, 世界!' };
    await client.create(Echo.resource, Echo.create({ metadata, spec }));
    return untilSaid(echo);
  }
  const untilSaid = (echo: string): Promise<Stored<Echo>> =>
    untilObject(client, Echo.resource, { namespace, name: echo }, ({ status }) =>
      isConditionTrue(status?.conditions, 'Complete'),
    );

  test('is installed with its values, and says where to go on', async () => {
    const told = await helm(
      ['install', name, chart, ...target, ...settings(values)],
      cluster.kubeconfigPath,
    );
    assert.match(told, /kubectl apply -f operators\/echo\/samples\/hello-world\.yaml/);
    const { data } = await client.get(ConfigMap, { namespace, name });
    assert.deepEqual(data, {
      LOG_LEVEL: 'debug',
      NUM_WORKERS: '2',
      HA_ENABLED: 'true',
      HA_LEASE_LOCK_NAME: 'echoperator',
      HA_LEASE_DURATION_SECONDS: '20',
      HA_RENEW_DEADLINE_SECONDS: '12',
      HA_RETRY_PERIOD_SECONDS: '3',
      METRICS_ENABLED: 'true',
      METRICS_PATH: '/numbers',
      METRICS_PORT: '2113',
      HEALTH_PORT: '8081',
      ENV: 'staging',
      WATCH_NAMESPACE: '',
    });
    const { spec } = await client.get(Deployment, { namespace, name });
    const pod = spec?.template.spec;
    const [container] = pod?.containers ?? [];
    assert.deepEqual(container?.envFrom, [{ configMapRef: { name } }]);
    assert.deepEqual(container.resources, values.resources);
    assert.deepEqual(pod?.nodeSelector, values.nodeSelector);
    assert.equal(pod.topologySpreadConstraints?.[0]?.topologyKey, 'kubernetes.io/hostname');
    const budget = await client.get(PodDisruptionBudget, { namespace, name });
    assert.equal(budget.spec?.maxUnavailable, 1);
    const pods = (await client.list(Pod, { namespace })).items;
    assert.equal(pods.length, 2);
  });

  test('has one of its replicas lead, by the lease that was asked for', async () => {
    const { spec } = await untilObject(client, Lease, { namespace, name }, (lease) =>
      Boolean(lease.spec?.holderIdentity),
    );
    assert.equal(spec?.leaseDurationSeconds, 20);
  });

  test('tells its numbers where it was asked to, and Prometheus where that is', async () => {
    const { spec } = await client.get(Service, { namespace, name: `${name}-metrics` });
    const numbers = await untilServed(`http://${spec?.clusterIP ?? ''}:2113/numbers`);
    assert.match(numbers, /^echoperator_info\{version="0\.1\.0",env="staging"\} 1$/m);
    const { resource } = await client.resolve('ServiceMonitor.v1.monitoring.coreos.com');
    const monitor = await client.get(resource, { namespace: 'monitoring', name });
    assert.equal(monitor.metadata.labels?.['release'], 'prometheus');
    const { endpoints } = (monitor as { spec?: { endpoints?: unknown } }).spec ?? {};
    assert.deepEqual(endpoints, [{ port: 'metrics', path: '/numbers', interval: '10s' }]);
  });

  test('is upgraded to a further version of its definitions, and nothing is said again', async () => {
    const { status } = await say('first');
    const folder = await mkdtemp(join(tmpdir(), 'kubewright-chart-'));
    try {
      const newer = join(folder, name);
      await cp(chart, newer, { recursive: true });
      const file = join(newer, 'templates/definitions/echos.yaml');
      await writeFile(file, withFurtherVersion(await readFile(file, 'utf8')));
      await helm(['upgrade', name, newer, ...target, ...settings(values)], cluster.kubeconfigPath);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const definition = { name: 'echos.mmontes.io' };
    await untilObject(client, CustomResourceDefinition, definition, ({ spec }) =>
      spec.versions.some((version) => version.name === 'v1alpha2'),
    );
    const apiVersion = 'mmontes.io/v1alpha2';
    const { resource: further } = await client.resolve('Echo.v1alpha2.mmontes.io');
    const first = await client.get(further, { namespace, name: 'first' });
    assert.equal(first.apiVersion, apiVersion);
    const metadata = { name: 'second', namespace };
    const second = { apiVersion, kind: 'Echo', metadata, spec: { message: 'Nos vemos' } };
    await client.create(further, second);
    await untilSaid('second');
    const job = await client.get(Job, { namespace, name: 'first' });
    assert.equal(job.metadata.uid, status?.jobUid);
  });

  test('leaves the definitions, the Echos and what was made for them, and nothing else', async () => {
    await helm(['uninstall', name, '--namespace', namespace, '--wait'], cluster.kubeconfigPath);
    const { items } = await client.list(Pod, {
      namespace,
      labelSelector: 'app.kubernetes.io/managed-by=echoperator',
    });
    assert.equal(items.length, 2);
    const kept = [
      'CustomResourceDefinition /echos.mmontes.io',
      'CustomResourceDefinition /scheduledechos.mmontes.io',
      ...['first', 'second'].flatMap((each) => [
        `Echo ${namespace}/${each}`,
        `Job ${namespace}/${each}`,
      ]),
      ...items.map(({ metadata }) => `Pod ${namespace}/${metadata.name}`),
    ];
    await untilOnly(client, [...atFirst, ...kept], AbortSignal.timeout(60_000));
    const left = new Set(await inventory(client));
    assert.deepEqual(
      kept.filter((each) => !left.has(each)),
      [],
    );
  });

  test('is installed again over what was kept, says nothing again, and leaves nothing when told so', async () => {
    const before = await client.get(Job, { namespace, name: 'first' });
    await helm(
      ['install', name, chart, ...target, ...settings({ ...values, 'crds.keep': false })],
      cluster.kubeconfigPath,
    );
    // When a later one is said, whatever could have been made of an earlier one again has been.
    await say('third');
    const { metadata } = await client.get(Job, { namespace, name: 'first' });
    assert.equal(metadata.uid, before.metadata.uid);
    assert.equal((await client.list(Job, { namespace })).items.length, 3);
    await helm(['uninstall', name, '--namespace', namespace, '--wait'], cluster.kubeconfigPath);
    await untilOnly(client, atFirst, AbortSignal.timeout(60_000));
  });
});

/** What a Service answers: it leads to a pod a moment after that is ready, and nothing tells when. */
async function untilServed(url: string): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  for (;;) {
    try {
      return await (await fetch(url, { signal })).text();
    } catch (cause) {
      if (signal.aborted) throw new Error(`nobody answers at ${url}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The definition in a template with its version once more, as one that is served but not stored. */
function withFurtherVersion(template: string): string {
  const [, head = '', version = '', tail = ''] =
    /^([^]*\n)( {4}- name: v1alpha1\n[^]*)(\{\{- end \}\}\s*)$/.exec(template) ?? [];
  const further = version
    .replace('name: v1alpha1', 'name: v1alpha2')
    .replace('storage: true', 'storage: false');
  assert.notEqual(further, version, 'the template has the version and what follows it');
  return `${head}${version}${further}${tail}`;
}
