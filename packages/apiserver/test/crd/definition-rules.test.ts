import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject } from '../../src/contracts.ts';
import { customResourceDefinitionStrategy as strategy } from '../../src/crd/definition-strategy.ts';
import type { FieldError } from '../../src/field-error.ts';
import { createBuiltinSchemas } from '../../src/schema/builtin-schemas.ts';
import { readRecorded } from '../recorded/read-recorded.ts';

interface Recording {
  readonly definition: JsonObject;
  readonly accepted?: true;
  readonly causes?: readonly FieldError[];
}

// The shape in which the answers were written down.
const RECORDINGS = readRecorded('definition-validation.json') as Recording[];

const schema = createBuiltinSchemas().schemaOf(
  'apiextensions.k8s.io',
  'v1',
  'CustomResourceDefinition',
);

/** The name itself is checked with the metadata, a generated one cannot be told beforehand. */
function isAboutDefinition({ field, message }: FieldError): boolean {
  return !(field === 'metadata.name' && (message.includes('RFC 1123') || /"x\w{5}"/.test(message)));
}

function sorted(errors: readonly FieldError[]): string[] {
  return [
    ...new Set(
      errors
        .filter(isAboutDefinition)
        .map(({ type, field, message }) => `${type} ${field}: ${message}`),
    ),
  ].sort();
}

describe('a CustomResourceDefinition', () => {
  for (const [index, { definition, causes }] of RECORDINGS.entries()) {
    const what = JSON.stringify(definition['spec'] ?? null).slice(0, 200);
    test(`${index} is judged as by the real server: ${what}`, () => {
      const object = structuredClone(definition);
      schema.decode(object);
      strategy.applyDefaults?.(object);
      // No part of the context is used for definitions.
      strategy.prepareForCreate?.(object, undefined as never);
      assert.deepEqual(sorted(strategy.validate?.(object) ?? []), sorted(causes ?? []));
    });
  }
});
