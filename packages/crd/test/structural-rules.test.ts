import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StructuralSchema } from '../src/index.ts';
import { Widget } from './widget.ts';

/** Every schema in a schema, with its path. */
function* schemasIn(schema: StructuralSchema, path: string): Iterable<[string, StructuralSchema]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield* schemasIn(property, `${path}.${name}`);
  }
  if (schema.items !== undefined) yield* schemasIn(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) {
    yield* schemasIn(schema.additionalProperties, `${path}[*]`);
  }
}

const roots = Widget.manifest().spec.versions.map(
  // Safe: the manifest was made by this package, of structural schemas.
  ({ name, schema }) => [name, schema?.openAPIV3Schema as StructuralSchema] as const,
);
const schemas = roots.flatMap(([name, root]) => [...schemasIn(root, name)]);
const holds = (rule: (schema: StructuralSchema) => boolean) => {
  assert.deepEqual(
    schemas.filter(([, schema]) => !rule(schema)).map(([path]) => path),
    [],
  );
};

// "Specifying a structural schema" in the documentation of CustomResourceDefinitions.
describe('a manifest is structural', () => {
  test('there is something to look at', () => assert.ok(schemas.length > 40));

  test('each schema has a type, is an integer or a text, or keeps what it does not know', () => {
    holds(
      (schema) =>
        schema.type !== undefined ||
        schema['x-kubernetes-int-or-string'] === true ||
        schema['x-kubernetes-preserve-unknown-fields'] === true,
    );
  });

  test('an integer or a text has no type of its own', () => {
    holds((schema) => schema['x-kubernetes-int-or-string'] !== true || schema.type === undefined);
  });

  test('nothing stands beside allOf but patterns', () => {
    holds((schema) => (schema.allOf ?? []).every((each) => Object.keys(each).join() === 'pattern'));
  });

  test('known members and members of one type exclude each other', () => {
    holds((schema) => schema.properties === undefined || schema.additionalProperties === undefined);
  });

  test('what an API server forbids is not there', () => {
    const forbidden = [
      '$ref',
      'definitions',
      'dependencies',
      'deprecated',
      'id',
      'patternProperties',
      'oneOf',
      'not',
      'anyOf',
      'uniqueItems',
      'additionalItems',
      '$schema',
      'propertyNames',
      'const',
    ];
    holds((schema) => forbidden.every((word) => !Object.hasOwn(schema, word)));
  });

  test('keys of lists are scalars that are always there', () => {
    holds((schema) =>
      (schema['x-kubernetes-list-map-keys'] ?? []).every((key) => {
        const member = schema.items?.properties?.[key];
        return (
          member?.type !== undefined &&
          !['object', 'array'].includes(member.type) &&
          (schema.items?.required?.includes(key) === true || member.default !== undefined)
        );
      }),
    );
  });

  test('what is required is known', () => {
    holds((schema) =>
      (schema.required ?? []).every((name) => Object.hasOwn(schema.properties ?? {}, name)),
    );
  });

  test('metadata has no rules of its own, and nothing of it has a default', () => {
    for (const [, root] of roots)
      assert.deepEqual(root.properties?.['metadata'], { type: 'object' });
  });
});
