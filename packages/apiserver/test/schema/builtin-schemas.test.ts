import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StatusError } from '@kubewright/apimachinery';
import type { JsonObject } from '../../src/contracts.ts';
import { valueAt } from '../../src/field-error.ts';
import { createBuiltinSchemas } from '../../src/schema/builtin-schemas.ts';
import { readRecorded } from '../recorded/read-recorded.ts';

interface Recording {
  readonly group: string;
  readonly version: string;
  readonly object: JsonObject;
  readonly unknown?: readonly string[];
  readonly message?: string;
}

const schemas = createBuiltinSchemas();

// The shape in which the answers were written down.
const RECORDINGS = readRecorded('builtin-decoding.json') as Recording[];

describe('decoding a built-in kind', () => {
  for (const { group, version, object, unknown, message } of RECORDINGS) {
    test(`answers as the real server: ${JSON.stringify(object).slice(0, 160)}`, () => {
      const schema = schemas.schemaOf(group, version, String(object['kind']));
      if (message === undefined) {
        assert.deepEqual(schema.decode(structuredClone(object)).unknownFields, unknown);
        return;
      }
      let refusal: unknown;
      try {
        schema.decode(structuredClone(object));
      } catch (error) {
        refusal = error;
      }
      assert.ok(refusal instanceof StatusError, 'the object was not refused');
      assert.equal(refusal.message, message);
      assert.equal(refusal.code, 400);
    });
  }

  test('brings quantities, times and bytes into their stored form', () => {
    const pod: JsonObject = {
      kind: 'Pod',
      metadata: { creationTimestamp: '2020-01-01T00:00:00.9+02:00', generateName: '' },
      spec: {
        containers: [{ name: 'c', resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }],
      },
    };
    schemas.schemaOf('', 'v1', 'Pod').decode(pod);
    assert.deepEqual(pod['metadata'], { creationTimestamp: '2019-12-31T22:00:00Z' });
    assert.deepEqual(valueAt(pod, ['spec', 'containers', '0', 'resources', 'limits']), {
      cpu: '500m',
      memory: '1Gi',
    });
  });

  test('drops nulls of fields, and makes nulls in lists and maps the zero value', () => {
    const pod: JsonObject = {
      metadata: { labels: { a: null }, annotations: {} },
      spec: { nodeName: null, containers: [null] },
    };
    schemas.schemaOf('', 'v1', 'Pod').decode(pod);
    assert.deepEqual(pod, { metadata: { labels: { a: '' } }, spec: { containers: [{}] } });
  });

  test('keeps what has no schema: field sets and raw extensions', () => {
    const revision: JsonObject = { metadata: {}, data: { a: { b: [null] } }, revision: 1 };
    const { unknownFields } = schemas.schemaOf('apps', 'v1', 'ControllerRevision').decode(revision);
    assert.deepEqual(unknownFields, []);
    assert.deepEqual(revision['data'], { a: { b: [null] } });
  });

  test('walks a schema that contains itself', () => {
    const root = schemas.schemaOf('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition').root;
    const properties = root.properties
      ?.get('spec')
      ?.properties?.get('versions')
      ?.items?.properties?.get('schema')
      ?.properties?.get('openAPIV3Schema')
      ?.properties?.get('properties');
    assert.equal(
      properties?.additionalProperties?.properties?.get('properties')?.additionalProperties?.type,
      'object',
    );
  });

  test('names the kind that the document does not have', () => {
    assert.throws(() => schemas.schemaOf('apps', 'v1', 'Pod'), TypeError);
  });
});
