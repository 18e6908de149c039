import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { applyJsonPatch, createJsonPatch } from '../src/index.ts';

describe('the JSON patch between two documents', () => {
  test('is empty when they are the same, whatever the order of members', () => {
    assert.deepEqual(createJsonPatch({ a: 1, b: [{}] }, { b: [{}], a: 1 }), []);
  });

  test('changes no more than what differs', () => {
    assert.deepEqual(
      createJsonPatch(
        { kept: { deep: true }, gone: 1, changed: { 'a/b': 1 }, list: [1, 2, 3, 4] },
        { kept: { deep: true }, changed: { 'a/b': 2 }, list: [1, 9, 4], added: null },
      ),
      [
        { op: 'remove', path: '/gone' },
        { op: 'replace', path: '/changed/a~1b', value: 2 },
        { op: 'replace', path: '/list/1', value: 9 },
        { op: 'remove', path: '/list/2' },
        { op: 'add', path: '/added', value: null },
      ],
    );
  });

  test('inserts into a list without touching what is around', () => {
    assert.deepEqual(
      createJsonPatch(
        [{ name: 'a' }, { name: 'c' }],
        [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      ),
      [{ op: 'add', path: '/1', value: { name: 'b' } }],
    );
  });

  test('takes a member that is undefined for none', () => {
    assert.deepEqual(createJsonPatch({ a: 1, b: undefined }, { a: undefined, c: undefined }), [
      { op: 'remove', path: '/a' },
    ]);
  });

  test('turns the one into the other, whatever they are', () => {
    const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
    fc.assert(
      fc.property(json, json, (before, after) => {
        const patched = applyJsonPatch(before, createJsonPatch(before, after));
        // Minus zero is zero in JSON.
        assert.equal(JSON.stringify(sorted(patched)), JSON.stringify(sorted(after)));
      }),
    );
  });

  test('turns one list into another, whatever they hold', () => {
    const list = fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 8 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        assert.deepEqual(applyJsonPatch(before, createJsonPatch(before, after)), after);
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
