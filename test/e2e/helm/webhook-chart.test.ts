import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ConfigMap,
  CustomResourceDefinition,
  Namespace,
  Role,
  Secret,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import { chartFiles, defineOperator } from '@kubewright/packaging';
import { defaultLifetimes, renewMaterial } from '@kubewright/runtime';
import { defineProgram } from '@kubewright/runtime/operator';
import { repositoryImages } from '@kubewright/walk-through';
import * as z from 'zod';
import { untilObject } from '../until-object.ts';
import { chartOf, helm, ofKind, rendered, settings, withoutHelm } from './helm.ts';
import { inventory, untilFurnished, untilOnly } from './inventory.ts';

const Shelf = defineCustomResource({
  group: 'example.com',
  kind: 'Shelf',
  plural: 'shelves',
  scope: 'Namespaced',
  annotations: { 'example.com/note': 'kept, and {{ no template }}' },
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      // Read as a floating-point number, it would come out as another one.
      spec: z.object({ boards: z.int32().describe('Such as {{ .Values.boards }}, or `{{`.') }),
    }),
    defineVersion({ name: 'v1beta1', storage: false, spec: z.object({ boards: z.int32() }) }),
  ],
  conversion: {
    webhook: { url: 'https://replaced.example.com' },
    converters: {
      v1beta1: { toStorage: ({ spec }) => ({ spec }), fromStorage: ({ spec }) => ({ spec }) },
    },
  },
});

const operator = defineOperator({
  program: defineProgram({
    name: 'shelves',
    version: '1.0.0',
    description: 'Keeps shelves.',
    servesWebhooks: true,
    setup: () => undefined,
  }),
  resources: [Shelf],
  permissions: { watched: [] },
});

describe('the chart of an operator with webhooks', { skip: withoutHelm() }, () => {
  let chart: string;

  before(async () => {
    chart = await mkdtemp(join(tmpdir(), 'kubewright-chart-'));
    for (const [path, text] of await chartFiles(operator)) {
      await mkdir(join(chart, dirname(path)), { recursive: true });
      await writeFile(join(chart, path), text);
    }
  });
  after(() => rm(chart, { recursive: true, force: true }));

  test('leads API servers to the Service of the release, and takes texts as they are', async () => {
    const [definition] = ofKind(await rendered(chart), CustomResourceDefinition);
    assert.deepEqual(definition?.spec.conversion?.webhook?.clientConfig?.service, {
      path: '/convert',
      namespace: 'ns',
      name: 'trial-shelves-webhook',
    });
    const [version] = definition.spec.versions;
    const spec = version?.schema?.openAPIV3Schema?.properties?.['spec'];
    const boards = spec?.properties?.['boards'];
    assert.equal(boards?.description, 'Such as {{ .Values.boards }}, or `{{`.');
    assert.deepEqual(definition.metadata.annotations, {
      'helm.sh/resource-policy': 'keep',
      'example.com/note': 'kept, and {{ no template }}',
    });
  });

  test('lets the operator see to its certificates, and tells it which', async () => {
    const objects = await rendered(chart);
    const [secret] = ofKind(objects, Secret);
    assert.equal(secret?.metadata.name, 'trial-shelves-webhook');
    const rules = ofKind(objects, Role).flatMap((role) => role.rules ?? []);
    assert.deepEqual(
      rules.filter(({ resources }) => resources?.includes('secrets')),
      [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: ['trial-shelves-webhook'],
          verbs: ['create', 'get', 'list', 'patch', 'watch'],
        },
      ],
    );
    const [settings] = ofKind(objects, ConfigMap);
    assert.equal(settings?.data?.['WEBHOOK_SERVICE'], 'trial-shelves-webhook');
    assert.equal(settings.data['WEBHOOK_PORT'], '9443');
    assert.equal('WEBHOOK_CERTIFICATES' in settings.data, false);
  });

  test('has cert-manager do so when asked', async () => {
    const objects = await rendered(chart, { 'webhook.certManager.enabled': true });
    assert.deepEqual(ofKind(objects, Secret), []);
    const kinds = objects.map(({ kind }) => kind);
    assert.ok(kinds.includes('Issuer') && kinds.includes('Certificate'));
    const [definition] = ofKind(objects, CustomResourceDefinition);
    assert.equal(
      definition?.metadata.annotations?.['cert-manager.io/inject-ca-from'],
      'ns/trial-shelves-webhook',
    );
    const [settings] = ofKind(objects, ConfigMap);
    assert.equal(settings?.data?.['WEBHOOK_CERTIFICATES'], '/tmp/k8s-webhook-server/serving-certs');
  });
});

describe('the certificates of a release', { skip: withoutHelm(), timeout: 1_200_000 }, () => {
  const namespace = 'ns';
  const name = 'database-cluster';
  const secret = { namespace, name: 'trial-database-cluster-webhook' };
  const definition = { name: 'databaseclusters.example.com' };
  const target = ['--namespace', namespace, '--timeout', '300s'];
  let cluster: EmbeddedCluster;
  let client: Client;
  let atFirst: readonly string[];

  before(async () => {
    cluster = await EmbeddedCluster.start({ images: repositoryImages() });
    ({ client } = cluster);
    await client.create(Namespace, { metadata: { name: namespace } });
    await untilFurnished(client);
    atFirst = await inventory(client);
  });
  after(() => cluster.stop());

  async function run(command: string, chart: string, values = {}): Promise<void> {
    const given = settings({ 'monitoring.enabled': false, 'crds.keep': false, ...values });
    await helm([command, 'trial', chart, ...target, ...given], cluster.kubeconfigPath);
  }

  /** What an upgrade must not change. */
  async function certificates(): Promise<object> {
    const { metadata, data } = await client.get(Secret, secret);
    const { spec } = await client.get(CustomResourceDefinition, definition);
    const { caBundle } = spec.conversion?.webhook?.clientConfig ?? {};
    assert.equal(caBundle, data?.['ca.crt']);
    return { uid: metadata.uid, data };
  }

  /** As an operator of a former version has left them, which was allowed to get and update. */
  async function fill(empty: Stored<Secret>): Promise<void> {
    const hosts = [
      `${secret.name}.${namespace}.svc`,
      `${secret.name}.${namespace}.svc.cluster.local`,
    ];
    const made = await renewMaterial(undefined, hosts, Date.now(), defaultLifetimes);
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const data = {
      'ca.crt': encode(made.bundle),
      'ca.key': encode(made.authorityKey),
      'tls.crt': encode(made.serving.certificate),
      'tls.key': encode(made.serving.key),
    };
    const options = { fieldManager: name };
    await client.update(Secret, { ...empty, data }, options);
    const body = {
      spec: { conversion: { webhook: { clientConfig: { caBundle: data['ca.crt'] } } } },
    };
    await client.patch(CustomResourceDefinition, definition, { type: 'merge', body }, options);
  }

  test('are taken over from a release whose roles were others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubewright-chart-'));
    try {
      const older = join(folder, name);
      await cp(chartOf(name), older, { recursive: true });
      const roles = join(older, 'templates/roles.yaml');
      const text = await readFile(roles, 'utf8');
      const former = text.replace(
        /(-webhook\{\{ "" \}\}\n +verbs:\n)(?: +- \w+\n){5}/,
        '$1      - get\n      - update\n',
      );
      assert.notEqual(former, text);
      await writeFile(roles, former);
      await run('install', older, { 'ha.replicaCount': 0 });
      const empty = await client.get(Secret, secret);
      assert.equal(empty.data, undefined);
      await fill(empty);
      const before = await certificates();
      await helm(
        ['upgrade', 'trial', chartOf(name), ...target, '--wait', '--reset-values'],
        cluster.kubeconfigPath,
      );
      assert.deepEqual(await certificates(), before);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('are made anew when the Secret is deleted, and that is left alone by the next upgrade', async () => {
    const { uid } = (await client.get(Secret, secret)).metadata;
    await client.delete(Secret, secret);
    const made = await untilObject(
      client,
      Secret,
      secret,
      ({ metadata, data }) => metadata.uid !== uid && data !== undefined,
    );
    await untilObject(
      client,
      CustomResourceDefinition,
      definition,
      ({ spec }) => spec.conversion?.webhook?.clientConfig?.caBundle === made.data?.['ca.crt'],
    );
    const before = await certificates();
    await run('upgrade', chartOf(name), { logLevel: 'debug' });
    assert.deepEqual(await certificates(), before);
    const { metadata } = await client.get(Secret, secret);
    assert.equal(metadata.labels?.['app.kubernetes.io/managed-by'], 'Helm');
  });

  test('go with the release', async () => {
    await helm(['uninstall', 'trial', '--namespace', namespace, '--wait'], cluster.kubeconfigPath);
    await untilOnly(client, atFirst, AbortSignal.timeout(60_000));
  });
});
