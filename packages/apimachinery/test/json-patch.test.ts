import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  applyJsonPatch,
  parseJsonPointer,
  formatJsonPointer,
  type JsonPatchOperation,
} from '../src/index.ts';

const apply = (document: unknown, ...operations: JsonPatchOperation[]) =>
  applyJsonPatch(document, operations);

describe('JSON patch', () => {
  for (const [name, document, operations, result] of [
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds over a member', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['adds within a list', ['a', 'c'], [{ op: 'add', path: '/1', value: 'b' }], ['a', 'b', 'c']],
    ['adds at the end by index', ['a'], [{ op: 'add', path: '/1', value: 'b' }], ['a', 'b']],
    ['adds at the end by -', ['a'], [{ op: 'add', path: '/-', value: 'b' }], ['a', 'b']],
    ['adds null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
    ['replaces the whole', { a: 1 }, [{ op: 'add', path: '', value: [1] }], [1]],
    ['removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['removes from a list', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    ['replaces in a list', [1, 2], [{ op: 'replace', path: '/1', value: 3 }], [1, 3]],
    ['moves', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    ['moves in a list', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
    ['moves to itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
    ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    [
      'unescapes',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/c~0d' },
      ],
      {},
    ],
    ['reads ~01 as ~1', { '~1': 1 }, [{ op: 'remove', path: '/~01' }], {}],
    ['finds the empty key', { '': 1 }, [{ op: 'remove', path: '/' }], {}],
    [
      'tests objects in any order',
      { a: { x: 1, y: 2 } },
      [{ op: 'test', path: '/a', value: { y: 2, x: 1 } }],
      { a: { x: 1, y: 2 } },
    ],
    [
      'sees what it did before',
      {},
      [
        { op: 'add', path: '/a', value: {} },
        { op: 'add', path: '/a/b', value: 1 },
      ],
      { a: { b: 1 } },
    ],
  ] as [string, unknown, JsonPatchOperation[], unknown][]) {
    test(name, () => assert.deepEqual(applyJsonPatch(document, operations), result));
  }

  for (const [name, code, document, operation] of [
    ['a member that is not there', 'PATH_NOT_FOUND', {}, { op: 'remove', path: '/a' }],
    ['replacing what is not there', 'PATH_NOT_FOUND', {}, { op: 'replace', path: '/a', value: 1 }],
    ['a parent that is not there', 'PATH_NOT_FOUND', {}, { op: 'add', path: '/a/b', value: 1 }],
    ['a scalar as parent', 'PATH_NOT_FOUND', { a: 1 }, { op: 'add', path: '/a/b', value: 1 }],
    ['an index beyond the end', 'PATH_NOT_FOUND', [1], { op: 'add', path: '/2', value: 1 }],
    ['removing at -', 'PATH_NOT_FOUND', [1], { op: 'remove', path: '/-' }],
    ['an index with a zero before it', 'PATH_NOT_FOUND', [1, 2], { op: 'remove', path: '/01' }],
    ['a negative index', 'PATH_NOT_FOUND', [1], { op: 'remove', path: '/-1' }],
    ['a word as index', 'PATH_NOT_FOUND', [1], { op: 'remove', path: '/length' }],
    ['a test of another value', 'TEST_FAILED', { a: 1 }, { op: 'test', path: '/a', value: '1' }],
    ['a test of what is not there', 'PATH_NOT_FOUND', {}, { op: 'test', path: '/a', value: null }],
    ['a path without slash', 'INVALID_PATCH', { a: 1 }, { op: 'remove', path: 'a' }],
    ['a lone tilde', 'INVALID_PATCH', { a: 1 }, { op: 'remove', path: '/a~2' }],
    ['an unknown op', 'INVALID_PATCH', {}, { op: 'frob', path: '/a' }],
    ['no path', 'INVALID_PATCH', {}, { op: 'remove' }],
    ['no value', 'INVALID_PATCH', {}, { op: 'add', path: '/a' }],
    ['no from', 'INVALID_PATCH', {}, { op: 'move', path: '/a' }],
    ['no operation', 'INVALID_PATCH', {}, null],
    ['removing the whole', 'INVALID_PATCH', {}, { op: 'remove', path: '' }],
    [
      'moving into itself',
      'INVALID_PATCH',
      { a: { b: 1 } },
      { op: 'move', from: '/a', path: '/a/b' },
    ],
    ['an inherited member', 'PATH_NOT_FOUND', {}, { op: 'remove', path: '/constructor/prototype' }],
  ] as [string, string, unknown, JsonPatchOperation][]) {
    test(`refuses ${name}`, () => {
      assert.throws(() => apply(document, operation), { name: 'PatchError', code });
    });
  }

  // Answers of an API server to patches of a ConfigMap.
  for (const [name, document, operation, result] of [
    ['adds by replace', {}, { op: 'replace', path: '/a', value: 1 }, { a: 1 }],
    ['copies what is not there as null', {}, { op: 'copy', from: '/a', path: '/b' }, { b: null }],
    ['finds null where nothing is', {}, { op: 'test', path: '/a', value: null }, {}],
    ['takes a missing value for null', {}, { op: 'add', path: '/a' }, { a: null }],
    ['counts from the end', [1, 2, 3], { op: 'remove', path: '/-1' }, [1, 2]],
    ['adds at the end by -1', [1, 2], { op: 'add', path: '/-1', value: 3 }, [1, 2, 3]],
    ['reads an index with zeros', [1, 2], { op: 'add', path: '/01', value: 9 }, [1, 9, 2]],
  ] as [string, unknown, JsonPatchOperation, unknown][]) {
    test(`in the dialect of an API server, ${name}`, () => {
      assert.deepEqual(applyJsonPatch(document, [operation], { dialect: 'api-server' }), result);
    });
  }

  test('in the dialect of an API server, only replace takes the whole document', () => {
    const options = { dialect: 'api-server' } as const;
    assert.deepEqual(applyJsonPatch({}, [{ op: 'replace', path: '', value: 1 }], options), 1);
    assert.throws(() => applyJsonPatch({}, [{ op: 'add', path: '', value: 1 }], options));
  });

  test('names the operation that failed', () => {
    assert.throws(
      () => apply({ a: 1 }, { op: 'remove', path: '/a' }, { op: 'remove', path: '/a' }),
      {
        message: 'JSON patch operation 1: nothing at "/a"',
      },
    );
  });

  test('changes neither the document nor the patch', () => {
    const document = { list: [{ a: 1 }] };
    const value = { b: 1 };
    const result = apply(
      document,
      { op: 'add', path: '/list/-', value },
      { op: 'add', path: '/list/1/c', value: 2 },
      { op: 'copy', from: '/list/0', path: '/list/-' },
      { op: 'replace', path: '/list/2/a', value: 3 },
    );
    assert.deepEqual(document, { list: [{ a: 1 }] });
    assert.deepEqual(value, { b: 1 });
    assert.deepEqual(result, { list: [{ a: 1 }, { b: 1, c: 2 }, { a: 3 }] });
  });

  test('treats __proto__ as any member', () => {
    const result = apply({}, { op: 'add', path: '/__proto__', value: { polluted: true } });
    assert.equal(JSON.stringify(result), '{"__proto__":{"polluted":true}}');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.throws(() => apply({}, { op: 'add', path: '/__proto__/polluted', value: true }), {
      code: 'PATH_NOT_FOUND',
    });
  });

  test('stops a patch that copies itself to death', () => {
    const operations = Array.from({ length: 40 }, () => ({
      op: 'copy' as const,
      from: '/a',
      path: '/a/-',
    }));
    assert.throws(() => applyJsonPatch({ a: ['x'] }, operations), { code: 'PATCH_TOO_LARGE' });
  });

  test('refuses more operations, and deeper values, than are safe', () => {
    const operation = { op: 'test', path: '/a', value: 1 } as const;
    assert.throws(
      () => applyJsonPatch({ a: 1 }, Array<JsonPatchOperation>(10_001).fill(operation)),
      {
        code: 'PATCH_TOO_LARGE',
        message: 'The allowed maximum operations in a JSON patch is 10000, got 10001',
      },
    );
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    assert.throws(() => apply({}, { op: 'add', path: '/a', value: deep }), {
      code: 'PATCH_TOO_LARGE',
    });
    assert.throws(() => apply(deep), { code: 'PATCH_TOO_LARGE' });
    assert.throws(() => apply({}, { op: 'remove', path: '/a'.repeat(2000) }), {
      code: 'PATCH_TOO_LARGE',
    });
  });
});

test('JSON pointers read back what they write', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...Array.from('a/~01')) })),
      (tokens) => {
        assert.deepEqual(parseJsonPointer(formatJsonPointer(tokens)), tokens);
      },
    ),
  );
});
