import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isContained } from '../src/work/is-contained.ts';

describe('what is wanted is contained in what is there', () => {
  for (const [what, wanted, actual] of [
    ['when a server has filled in defaults', { a: 1 }, { a: 1, b: 2 }],
    ['when defaults are within', { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 1, d: null }] } }],
    ['when a member is not wanted at all', { a: undefined }, {}],
    ['when it is the same text', 'x', 'x'],
    ['when nothing is wanted', {}, { a: 1 }],
  ] as const) {
    test(what, () => assert.equal(isContained(wanted, actual), true));
  }

  test('whatever it is, when it is the very same', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => isContained(value, structuredClone(value))));
  });
});

describe('what is wanted is not contained in what is there', () => {
  for (const [what, wanted, actual] of [
    ['when a member is missing', { a: 1 }, { b: 1 }],
    ['when a member is another one', { a: 1 }, { a: 2 }],
    ['when a member is of another type', { a: 1 }, { a: '1' }],
    ['when a list has an element more', ['x'], ['x', 'y']],
    ['when a list has an element less', ['x', 'y'], ['x']],
    ['when a list has another order', ['x', 'y'], ['y', 'x']],
    ['when an object stands for a list', [], {}],
    ['when a list stands for an object', {}, []],
    ['when it is nothing', { a: 1 }, null],
    ['when nothing is there', { a: {} }, undefined],
    ['when null is wanted and not there', { a: null }, {}],
  ] as const) {
    test(what, () => assert.equal(isContained(wanted, actual), false));
  }
});
