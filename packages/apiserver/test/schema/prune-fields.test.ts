import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject } from '../../src/contracts.ts';
import { fillDefaults } from '../../src/schema/fill-defaults.ts';
import { pruneFields } from '../../src/schema/prune-fields.ts';
import { compileStructuralSchema } from '../../src/schema/structural-schema.ts';

const PRESERVE = { 'x-kubernetes-preserve-unknown-fields': true };

// The object, what is left of it, and the paths: as a real server answered.
const schema = compileStructuralSchema({
  type: 'object',
  properties: {
    any: PRESERVE,
    items: { type: 'array', items: { type: 'object', ...PRESERVE } },
    map: { type: 'object', additionalProperties: true },
    list: {
      type: 'array',
      ...PRESERVE,
      items: { type: 'object', properties: { a: { type: 'string' } } },
    },
    object: { type: 'object', ...PRESERVE },
  },
});

describe('unknown fields', () => {
  const object: JsonObject = {
    any: [{ a: 1, b: null, c: [{ d: null }] }],
    items: [{ x: { y: null } }],
    map: { q: [{ z: 1 }], n: null, o: { x: 1, y: { z: 1 } }, s: 't' },
    list: [{ a: 'x', b: 1 }],
    object: { l: [{ k: null }] },
    other: 1,
  };
  const paths = pruneFields(schema, object);
  fillDefaults(schema, object);

  test('stay where the schema keeps them, whatever they hold', () => {
    const { map: _, ...rest } = object;
    assert.deepEqual(rest, {
      any: [{ a: 1, b: null, c: [{ d: null }] }],
      items: [{ x: { y: null } }],
      list: [{ a: 'x', b: 1 }],
      object: { l: [{ k: null }] },
    });
  });

  test('go from objects in maps of anything', () => {
    assert.deepEqual(object['map'], { q: [{}], n: null, o: {}, s: 't' });
  });

  test('are told with their paths', () => {
    assert.deepEqual(paths.sort(), ['map.o.x', 'map.o.y', 'map.q[0].z', 'other']);
  });

  test('named like what every object inherits are unknown too', () => {
    const hostile = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as JsonObject;
    assert.deepEqual(pruneFields(schema, hostile).sort(), ['__proto__', 'constructor']);
    assert.deepEqual(Object.keys(hostile), []);
  });
});
