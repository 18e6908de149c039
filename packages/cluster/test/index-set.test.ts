import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { IndexSet } from '../src/controllers/job/index-set.ts';

const indexes = fc.array(fc.integer({ min: 0, max: 60 }));

describe('a set of indexes', () => {
  for (const [members, text] of [
    [[], ''],
    [[4], '4'],
    [[1, 2], '1,2'],
    [[1, 2, 3], '1-3'],
    [[7, 5, 3, 4, 1], '1,3-5,7'],
  ] as const) {
    test(`writes ${JSON.stringify(members)} as ${JSON.stringify(text)}`, () => {
      assert.equal(String(IndexSet.of(members)), text);
    });
  }

  test('is read as it was written', () => {
    fc.assert(
      fc.property(indexes, (members) => {
        const text = String(IndexSet.of(members));
        assert.equal(String(IndexSet.parse(text, 100)), text);
      }),
    );
  });

  test('leaves out what is no index, and indexes that are too high', () => {
    assert.equal(String(IndexSet.parse('x,1-3,-,2-,9,12-20,30', 15)), '1-3,9,12-14');
  });

  test('answers as a set of its members would', () => {
    fc.assert(
      fc.property(indexes, indexes, fc.nat(70), fc.nat(70), (left, right, end, count) => {
        const [one, other] = [new Set(left), new Set(right)];
        const [set, otherSet] = [IndexSet.of(left), IndexSet.of(right)];
        assert.equal(set.size, one.size);
        for (let index = 0; index < 70; index += 1) {
          assert.equal(set.has(index), one.has(index));
        }
        const union = [...one.union(other)].toSorted((a, b) => a - b);
        assert.equal(String(set.union(otherSet)), String(IndexSet.of(union)));
        assert.equal(set.sizeOfOverlap(otherSet), one.intersection(other).size);
        const missing = Array.from({ length: end }, (_, index) => index)
          .filter((index) => !one.has(index))
          .slice(0, count);
        assert.deepEqual(set.firstMissing(count, end), missing);
      }),
    );
  });
});
