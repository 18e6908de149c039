import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PodDiagnoser, type PodDiagnoserSpec } from '../../src/api/pod-diagnoser.ts';

const object = (spec: object) => ({
  apiVersion: 'diagnostics.local.io/v1',
  kind: 'PodDiagnoser',
  metadata: { name: 'fragileapp-diagnoser', namespace: 'default' },
  spec,
});

describe('the PodDiagnoser resource', () => {
  const manifest = PodDiagnoser.manifest();
  const [version] = manifest.spec.versions;

  test('has the names that manifests and scripts rely on', () => {
    assert.equal(manifest.metadata.name, 'poddiagnosers.diagnostics.local.io');
    assert.equal(manifest.spec.group, 'diagnostics.local.io');
    assert.equal(manifest.spec.scope, 'Namespaced');
    assert.equal(manifest.spec.names.kind, 'PodDiagnoser');
    assert.deepEqual(manifest.spec.names.shortNames, ['pdiag']);
    assert.equal(version?.name, 'v1');
    assert.deepEqual(version.subresources, { status: {} });
  });

  test('shows action, count, last pod, readiness and age', () => {
    assert.deepEqual(
      version?.additionalPrinterColumns?.map(({ name, type, jsonPath }) => [name, type, jsonPath]),
      [
        ['Action', 'string', '.spec.remediationAction'],
        ['Diagnosed', 'integer', '.status.diagnosedPods'],
        ['Last Pod', 'string', '.status.lastProcessedPod'],
        ['Ready', 'string', '.status.conditions[?(@.type=="Ready")].status'],
        ['Age', 'date', '.metadata.creationTimestamp'],
      ],
    );
  });

  test('takes the sample as it is', () => {
    const spec: PodDiagnoserSpec = {
      targetLabels: { app: 'fragile-app' },
      enableAnnotations: true,
      remediationAction: 'LogEvent',
    };
    assert.deepEqual(PodDiagnoser.parse(object(spec)).spec, spec);
  });

  test('diagnoses and does nothing when not told to', () => {
    assert.deepEqual(PodDiagnoser.parse(object({})).spec, {
      enableAnnotations: false,
      remediationAction: '',
    });
  });

  test('refuses another action and lists the choices', () => {
    assert.throws(
      () => PodDiagnoser.parse(object({ enableAnnotations: true, remediationAction: 'Frob' })),
      /""\|"RestartPod"\|"LogEvent"[\s\S]*spec\.remediationAction/,
    );
  });

  test('describes every field', () => {
    const undescribed: string[] = [];
    const walk = (schema: unknown, path: string): void => {
      // Safe: schemas of a manifest; every member is looked at before use.
      const { description, properties, items } = schema as {
        description?: string;
        properties?: Record<string, unknown>;
        items?: unknown;
      };
      if (description === undefined) undescribed.push(path);
      for (const [name, member] of Object.entries(properties ?? {}))
        walk(member, `${path}.${name}`);
      if (items !== undefined) {
        const { properties: members = {} } = items as { properties?: Record<string, unknown> };
        for (const [name, member] of Object.entries(members)) walk(member, `${path}[].${name}`);
      }
    };
    walk(version?.schema?.openAPIV3Schema, '');
    assert.deepEqual(undescribed, ['.metadata']);
  });
});
