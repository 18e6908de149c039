import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { deepEqual, type DeepReadonly } from '../src/index.ts';

describe('deepEqual', () => {
  test('holds for a copy, in any order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reversed = JSON.parse(JSON.stringify(value), (_, each: unknown) =>
          typeof each === 'object' && each !== null && !Array.isArray(each)
            ? Object.fromEntries(Object.entries(each).reverse())
            : each,
        ) as unknown;
        assert.equal(deepEqual(JSON.parse(JSON.stringify(value)), reversed), true);
      }),
    );
  });

  for (const [left, right, equal] of [
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: undefined }, { b: undefined }, true],
    [{ a: undefined, b: 1 }, { a: 1, b: undefined }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: null }, {}, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{}, null, false],
    ['1', 1, false],
    [0, -0, true],
    [{ toString: 1 }, {}, false],
    [{}, { constructor: Object }, false],
  ] as const) {
    test(`${JSON.stringify(left)} and ${JSON.stringify(right)}: ${equal}`, () => {
      assert.equal(deepEqual(left, right), equal);
      assert.equal(deepEqual(right, left), equal);
    });
  }

  test('walks values nested deeper than the stack', () => {
    const deep = (end: string) =>
      JSON.parse('[{"a":'.repeat(50_000) + end + '}]'.repeat(50_000)) as unknown;
    assert.equal(deepEqual(deep('1'), deep('1')), true);
    assert.equal(deepEqual(deep('1'), deep('2')), false);
  });
});

test('DeepReadonly keeps open unions of strings', () => {
  const phase: DeepReadonly<{ phase?: 'Running' | (string & {}) | undefined }> = { phase: 'Other' };
  const asText: string | undefined = phase.phase;
  assert.equal(asText, 'Other');
});
