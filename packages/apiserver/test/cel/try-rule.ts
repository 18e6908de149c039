import assert from 'node:assert/strict';
import { compileRules } from '../../src/cel/compile-rules.ts';
import { compileStructuralSchema } from '../../src/schema/structural-schema.ts';

const TEXT = { type: 'string', maxLength: 10 };

const PROPERTIES = {
  text: TEXT,
  number: { type: 'integer' },
  double: { type: 'number' },
  nothing: { ...TEXT, nullable: true },
  list: { type: 'array', maxItems: 5, items: TEXT },
  map: { type: 'object', maxProperties: 5, additionalProperties: TEXT },
  inner: { type: 'object', properties: { text: TEXT } },
  items: {
    type: 'array',
    maxItems: 5,
    items: { type: 'object', properties: { key: TEXT, weight: { type: 'integer' } } },
  },
};

/** An object that has all that the schema has. */
export const FULL = {
  text: 'ab',
  number: 1,
  double: 2.5,
  nothing: null,
  list: ['a', 'b'],
  map: { a: 'x' },
  inner: { text: 'in' },
  items: [{ key: 'b', weight: 2 }, { key: 'a', weight: 1 }, { key: 'c' }],
};

/** Compiles rules that stand on `spec`. */
export function compile(rules: readonly object[]): ReturnType<typeof compileRules> {
  const spec = { type: 'object', properties: PROPERTIES, 'x-kubernetes-validations': rules };
  return compileRules(compileStructuralSchema({ type: 'object', properties: { spec } }), '');
}

/** What is wrong with a rule, without the rule itself and its mark. */
export function problemOf(rule: string): string | undefined {
  const [error] = compile([{ rule }]).errors;
  return error?.message
    .replace(/^Invalid value: \{.*?\}: compilation failed: /s, '')
    .split('\n')[0];
}

/** Why a value breaks a rule; undefined when it does not. */
export function breach(rule: string, spec: object): string | undefined {
  const { errors, checker } = compile([{ rule, message: 'broken' }]);
  assert.deepEqual(errors, []);
  return checker.check({ spec }, undefined)[0]?.message;
}
