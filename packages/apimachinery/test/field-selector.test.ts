import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createFieldSelector, parseFieldSelector } from '../src/index.ts';

describe('field selectors', () => {
  test('read back what they write, whatever the value', () => {
    const term = fc.record(
      {
        path: fc.stringMatching(/^[a-z.]{1,8}$/),
        operator: fc.constantFrom('=' as const, '!=' as const),
        value: fc.string({ unit: fc.constantFrom(...Array.from('ab\\,=!')) }),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(term), (terms) => {
        assert.deepEqual(
          parseFieldSelector(createFieldSelector(terms).toString()).requirements,
          terms,
        );
      }),
    );
  });

  test('compare an absent field as the empty text', () => {
    const unscheduled = parseFieldSelector('spec.nodeName=');
    assert.equal(
      unscheduled.matches(() => undefined),
      true,
    );
    assert.equal(
      unscheduled.matches(() => 'node-1'),
      false,
    );
    assert.equal(
      parseFieldSelector('spec.nodeName!=node-1').matches(() => undefined),
      true,
    );
  });

  test('want every term', () => {
    const selector = parseFieldSelector(',status.phase!=Failed,metadata.name==a,');
    const fields: Record<string, string> = { 'status.phase': 'Running', 'metadata.name': 'a' };
    assert.equal(
      selector.matches((path) => fields[path]),
      true,
    );
    assert.equal(selector.toString(), 'status.phase!=Failed,metadata.name=a');
    assert.equal(
      selector.matches(() => 'a'),
      true,
    );
    assert.equal(
      selector.matches(() => 'Failed'),
      false,
    );
  });

  // Texts and answers were taken from an API server.
  for (const [text, message] of [
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
    ['metadata.name=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
    ['metadata.name=a\\', 'invalid field selector: invalid escape sequence: \\'],
  ] as const) {
    test(`refuse ${text} in the words of an API server`, () => {
      assert.throws(() => parseFieldSelector(text), { code: 'INVALID_FIELD_SELECTOR', message });
    });
  }
});
