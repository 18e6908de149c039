import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { applyMergePatch, createMergePatch, deepEqual } from '../src/index.ts';

/** Any JSON without null members, which a merge patch cannot set; nulls in lists are content. */
const { document } = fc.letrec<{ document: unknown; scalar: unknown }>((tie) => ({
  scalar: fc.oneof(fc.boolean(), fc.integer(), fc.string({ maxLength: 3 })),
  document: fc.oneof(
    { depthSize: 'small' },
    tie('scalar'),
    fc.array(fc.oneof(tie('document'), fc.constant(null)), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('document'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));

describe('merge patch', () => {
  // The examples of RFC 7386, appendix A.
  for (const [before, patch, after] of [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ] as const) {
    test(`${patch} makes ${after} of ${before}`, () => {
      assert.equal(JSON.stringify(applyMergePatch(JSON.parse(before), JSON.parse(patch))), after);
    });
  }

  test('made from two documents turns one into the other', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const patch = createMergePatch(before, after);
        assert.ok(deepEqual(applyMergePatch(before, patch), after));
      }),
      { numRuns: 500 },
    );
  });

  test('made from equal documents is empty', () => {
    fc.assert(
      fc.property(document, (same) => {
        const patch = createMergePatch(same, structuredClone(same));
        assert.equal(
          JSON.stringify(applyMergePatch({}, { x: patch })),
          JSON.stringify({ x: patch }),
        );
        assert.ok(deepEqual(applyMergePatch(same, patch), same));
      }),
    );
    assert.deepEqual(createMergePatch({ a: { b: [1] } }, { a: { b: [1] } }), {});
  });

  test('says no more than what changed', () => {
    assert.deepEqual(
      createMergePatch({ a: { b: 1, c: 2 }, d: 3, e: [1] }, { a: { b: 1, c: 4 }, e: [1] }),
      { a: { c: 4 }, d: null },
    );
  });

  test('counts null in a document as absent', () => {
    assert.deepEqual(createMergePatch({ a: 1, b: null }, { a: null }), { a: null });
    assert.deepEqual(createMergePatch({}, { a: undefined }), {});
  });

  test('changes neither document nor patch', () => {
    const before = { a: { b: 1 }, c: 1 };
    const patch = { a: { d: { e: null } }, c: null };
    applyMergePatch(before, patch);
    assert.deepEqual(
      [before, patch],
      [
        { a: { b: 1 }, c: 1 },
        { a: { d: { e: null } }, c: null },
      ],
    );
  });

  test('treats __proto__ as any member', () => {
    const patch: unknown = JSON.parse('{"__proto__":{"polluted":{"deep":true}}}');
    const result = applyMergePatch({}, patch);
    assert.equal(JSON.stringify(result), '{"__proto__":{"polluted":{"deep":true}}}');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(JSON.stringify(applyMergePatch(result, JSON.parse('{"__proto__":null}'))), '{}');
  });

  test('refuses a patch nested deeper than the stack', () => {
    const deep: unknown = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000));
    assert.throws(() => applyMergePatch({}, deep), { code: 'PATCH_TOO_LARGE' });
    assert.throws(() => createMergePatch({}, deep), { code: 'PATCH_TOO_LARGE' });
  });
});
