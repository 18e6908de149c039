import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ClusterRole,
  CustomResourceDefinition,
  Deployment,
  groupResourceOf,
  isConditionTrue,
  Namespace,
  parseApiVersion,
  Pod,
  PodDisruptionBudget,
  Role,
  type PolicyRule,
} from '@kubewright/apimachinery';
import { EmbeddedCluster } from '@kubewright/cluster';
import { installManifests, type OperatorDefinition } from '@kubewright/packaging';
import { repositoryImages, type Manifest } from '@kubewright/walk-through';
import { parseAllDocuments } from 'yaml';
import { findOperators } from '../../../scripts/operators.ts';
import { untilObject } from '../until-object.ts';
import { chartOf, helm, ofKind, rendered, settings, withoutHelm } from './helm.ts';
import { inventory, untilFurnished, untilOnly } from './inventory.ts';
import { borrowedDefinitions } from './borrowed-definitions.ts';

const skip = withoutHelm();
const operators = (await findOperators()).map(({ operator }) => operator);

/** Values that together reach every branch of the templates. */
const valueSets: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'the defaults': {},
  'all namespaces, one replica, no extras': {
    'watch.allNamespaces': true,
    'ha.enabled': false,
    'monitoring.enabled': false,
    'crds.keep': false,
    resources: {},
  },
  'some namespaces, three replicas and everything that can be set': {
    'watch.allNamespaces': false,
    'watch.namespaces': ['a', 'b'],
    'ha.replicaCount': 3,
    'ha.leaderElection.leaseName': 'other',
    'monitoring.serviceMonitor': true,
    'monitoring.namespace': 'a',
    'monitoring.labels': { release: 'prometheus' },
    'image.digest': `sha256:${'0'.repeat(64)}`,
    imagePullSecrets: [{ name: 'registry' }],
    extraEnv: [{ name: 'TZ', value: 'UTC' }],
    extraArgs: ['--log-level', 'debug'],
    'serviceAccount.annotations': { 'example.com/role': 'some' },
    podLabels: { team: 'one' },
    podAnnotations: { 'example.com/note': 'two words' },
    priorityClassName: 'system-cluster-critical',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
    ],
    fullnameOverride: 'renamed',
  },
  'somebody else’s account, roles and definitions': {
    'serviceAccount.create': false,
    'serviceAccount.name': 'given',
    'rbac.create': false,
    'crds.install': false,
  },
};

function installed(operator: OperatorDefinition): Manifest[] {
  const text = installManifests(operator).get('operator.yaml') ?? '';
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest); // our own file
}

/** `Deployment.v1.apps`, or `Service`. */
function fullKind({ kind, apiVersion }: Manifest): string {
  const { group, version } = parseApiVersion(apiVersion);
  return group === '' ? kind : `${kind}.${version}.${group}`;
}

/** What a deployment does on a node, without what differs between the two ways to install it. */
function containerOf([deployment]: readonly Deployment[]): object {
  const pod = deployment?.spec?.template.spec;
  assert.ok(pod?.containers[0] !== undefined, 'there is a container');
  const { args: _args, env, envFrom: _envFrom, ...container } = pod.containers[0];
  const fields = env?.filter(({ valueFrom }) => valueFrom !== undefined);
  const { securityContext, terminationGracePeriodSeconds } = pod;
  return { container, fields, securityContext, terminationGracePeriodSeconds };
}

/** What is there for as long as the release is: without what Helm makes for a moment. */
function lasting(objects: readonly Manifest[]): Manifest[] {
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined);
}

function rulesOf(objects: readonly Manifest[]): PolicyRule[][] {
  const roles = [...ofKind(objects, Role), ...ofKind(objects, ClusterRole)];
  return roles
    .map(({ rules = [] }) => rules)
    .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

/** `get events.k8s.io/events`, for each object by its name where a rule names some. */
function permissionsOf({
  apiGroups = [],
  resources = [],
  resourceNames = [''],
  verbs,
}: PolicyRule): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) =>
        verbs.map((verb) => `${verb} ${group}/${resource} ${name}`.trim()),
      ),
    ),
  );
}

describe('the charts', { skip, timeout: 1_200_000 }, () => {
  let cluster: EmbeddedCluster;

  before(async () => {
    cluster = await EmbeddedCluster.start({ images: repositoryImages() });
    for (const name of ['ns', 'a', 'b']) {
      await cluster.client.create(Namespace, { metadata: { name } });
    }
    for (const definition of borrowedDefinitions) {
      await cluster.client.create(CustomResourceDefinition, definition);
      const name = definition.metadata.name ?? '';
      await untilObject(cluster.client, CustomResourceDefinition, { name }, ({ status }) =>
        isConditionTrue(status?.conditions, 'Established'),
      );
    }
    await untilFurnished(cluster.client);
  });
  after(() => cluster.stop());

  for (const operator of operators) {
    const { name } = operator;
    const chart = chartOf(name);

    describe(`of ${name}`, () => {
      test('satisfies helm lint', async () => {
        await helm(['lint', '--strict', chart]);
      });

      test('refuses values that are misspelt, or of another type', async () => {
        for (const wrong of [
          { logLevels: 'info' },
          { 'ha.replicas': 3 },
          { logLevel: 'loud' },
          { numWorkers: 'many' },
          { 'monitoring.port': 70_000 },
        ]) {
          await assert.rejects(rendered(chart, wrong), /values don't meet the specifications/);
        }
      });

      for (const [what, values] of Object.entries(valueSets)) {
        test(`renders what a server takes, with ${what}`, async () => {
          const objects = await rendered(chart, values);
          assert.ok(objects.length > 3);
          for (const object of objects) {
            const { resource } = await cluster.client.resolve(fullKind(object));
            await cluster.client.create(resource, object, {
              dryRun: true,
              fieldValidation: 'Strict',
            });
          }
        });
      }

      test('runs and permits with its defaults what the manifests do', async () => {
        const fromChart = lasting(await rendered(chart, { fullnameOverride: name }));
        const fromManifests = installed(operator);
        assert.deepEqual(
          containerOf(ofKind(fromChart, Deployment)),
          containerOf(ofKind(fromManifests, Deployment)),
        );
        assert.deepEqual(rulesOf(fromChart), rulesOf(fromManifests));
      });

      test('grants no permission twice in a role, whatever its objects are called', async () => {
        for (const [what, values] of Object.entries(valueSets)) {
          for (const rules of rulesOf(await rendered(chart, values))) {
            const granted = rules.flatMap(permissionsOf);
            assert.deepEqual([...new Set(granted)].sort(), granted.sort(), what);
          }
        }
      });

      test('gives each watched namespace a role, and the cluster one only when all are watched', async () => {
        const some = await rendered(chart, {
          'watch.allNamespaces': false,
          'watch.namespaces': ['a', 'b'],
        });
        const namespaces = ofKind(lasting(some), Role).map(({ metadata }) => metadata.namespace);
        assert.deepEqual(namespaces.sort(), ['a', 'b', 'ns']);
        const all = await rendered(chart, { 'watch.allNamespaces': true });
        assert.equal(ofKind(all, ClusterRole).length, ofKind(some, ClusterRole).length + 1);
        const [told, toldAll] = [some, all].map((objects) =>
          ofKind(objects, Deployment)[0]?.spec?.template.spec?.containers[0]?.args?.includes(
            '--all-namespaces',
          ),
        );
        assert.deepEqual([told ?? false, toldAll], [false, true]);
      });

      test('has a budget for disruptions only when there is a replica to spare', async () => {
        const budgets = async (replicaCount: number): Promise<number> =>
          ofKind(await rendered(chart, { 'ha.replicaCount': replicaCount }), PodDisruptionBudget)
            .length;
        assert.deepEqual([await budgets(1), await budgets(2)], [0, 1]);
      });

      test('is installed, upgraded and removed, and leaves the definitions alone', async () => {
        const { client, kubeconfigPath } = cluster;
        const before = await inventory(client);
        const target = ['--namespace', 'ns', '--wait', '--timeout', '300s'];
        const release = { 'watch.namespaces': ['a'], 'watch.allNamespaces': false };
        const told = await helm(
          ['install', 'trial', chart, ...target, ...settings(release)],
          kubeconfigPath,
        );
        assert.match(told, /watches: a\./);
        const first = (await client.list(Pod, { namespace: 'ns' })).items;
        assert.ok(first.length > 0);
        assert.ok(
          first.every(({ status }) => status?.containerStatuses?.every(({ ready }) => ready)),
        );

        await helm(
          ['upgrade', 'trial', chart, ...target, ...settings({ ...release, logLevel: 'debug' })],
          kubeconfigPath,
        );
        const names = new Set(first.map(({ metadata }) => metadata.name));
        const second = (await client.list(Pod, { namespace: 'ns' })).items.filter(
          ({ metadata }) => metadata.deletionTimestamp === undefined,
        );
        assert.equal(
          second.some(({ metadata }) => names.has(metadata.name)),
          false,
          'pods are replaced',
        );

        await helm(['uninstall', 'trial', '--namespace', 'ns', '--wait'], kubeconfigPath);
        const kept = operator.resources.map(
          ({ resource }) => `CustomResourceDefinition /${groupResourceOf(resource)}`,
        );
        await untilOnly(client, [...before, ...kept], AbortSignal.timeout(60_000));
        const left = new Set(await inventory(client));
        assert.deepEqual(
          kept.filter((each) => !left.has(each)),
          [],
        );

        // Again, over what was kept; and this time nothing is.
        await helm(
          [
            ...['install', 'trial', chart, ...target],
            ...settings({ ...release, 'crds.keep': false, 'ha.enabled': false }),
          ],
          kubeconfigPath,
        );
        await helm(['uninstall', 'trial', '--namespace', 'ns', '--wait'], kubeconfigPath);
        await untilOnly(client, before, AbortSignal.timeout(60_000));
      });

      test('brings new definitions with an upgrade', async () => {
        const { client, kubeconfigPath } = cluster;
        const folder = await mkdtemp(join(tmpdir(), 'kubewright-chart-'));
        try {
          const older = join(folder, name);
          await cp(chart, older, { recursive: true });
          const [{ resource }] = operator.resources as [(typeof operator.resources)[number]];
          const file = join(older, 'templates/definitions', `${resource.plural}.yaml`);
          const text = await readFile(file, 'utf8');
          // As it was before a column was added.
          await writeFile(file, text.replace(/^( +)- name: Age\n(?:\1 {2}.*\n)+/m, ''));
          const columns = async (): Promise<string[]> => {
            const ref = { name: groupResourceOf(resource) };
            const { spec } = await client.get(CustomResourceDefinition, ref);
            return (spec.versions[0]?.additionalPrinterColumns ?? []).map((column) => column.name);
          };
          const target = [
            '--namespace',
            'ns',
            ...settings({ 'ha.replicaCount': 0, 'crds.keep': false }),
          ];
          await helm(['install', 'trial', older, ...target], kubeconfigPath);
          assert.equal((await columns()).includes('Age'), false);
          await helm(['upgrade', 'trial', chart, ...target], kubeconfigPath);
          assert.equal((await columns()).includes('Age'), true);
        } finally {
          await helm(
            ['uninstall', 'trial', '--namespace', 'ns', '--ignore-not-found'],
            kubeconfigPath,
          );
          await rm(folder, { recursive: true, force: true });
        }
      });
    });
  }
});
