import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigMap, CustomResourceDefinition, Role, Secret } from '@kubewright/apimachinery';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import { chartFiles, defineOperator } from '@kubewright/packaging';
import { defineProgram } from '@kubewright/runtime/operator';
import * as z from 'zod';
import { ofKind, rendered, withoutHelm } from './helm.ts';

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
