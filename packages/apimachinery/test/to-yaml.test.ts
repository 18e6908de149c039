import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { toYaml, writeYaml } from '../src/index.ts';

const read = (text: string, version: '1.1' | '1.2') =>
  parseAllDocuments(text, { version }).map((document): unknown => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as unknown;
  });

describe('YAML', () => {
  test('reads back as what was written, by YAML 1.1 and 1.2', () => {
    const value = fc.jsonValue({ stringUnit: 'binary-ascii', maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), value, { noNullPrototype: true }), { minLength: 1 }),
        (documents) => {
          // By way of JSON, which knows no -0.
          const expected = JSON.parse(JSON.stringify(documents)) as unknown;
          const text = toYaml(documents);
          for (const version of ['1.1', '1.2'] as const) {
            assert.equal(JSON.stringify(read(text, version)), JSON.stringify(expected));
          }
        },
      ),
    );
  });

  // Read back by kubectl, as values of a ConfigMap and as keys of its annotations.
  for (const tricky of [
    'on',
    'No',
    'y',
    'n',
    '1_000',
    '12:30',
    '190:20:30',
    '0x1f',
    '0o17',
    '017',
    '0b1',
    '1e3',
    '.5',
    '.inf',
    '~',
    'null',
    '',
    'true',
    '<<',
    '=',
    '- a',
    ': a',
    'a: b',
    'a #b',
    '#a',
    '@a',
    '`a',
    '%a',
    '!a',
    '&a',
    '*a',
    '|',
    '>',
    '[a',
    '{a',
    ' a',
    'a ',
    'a\nb',
    'a\n',
    '\na',
    '\ta',
    '\u0000',
    '\u007f',
    '\u0085',
    '\u2028',
    '\ufeffa',
    '😀',
    '2001-01-01',
    '---',
    '...',
    '--- a',
    'a\r\nb',
    '\\n',
    '685_230.15',
    '  \n a',
    ' \n',
    '\n \n',
    ' \t\n\n',
  ]) {
    test(`keeps the text ${JSON.stringify(tricky)}`, () => {
      const text = toYaml([{ [tricky]: tricky, list: [tricky] }]);
      for (const version of ['1.1', '1.2'] as const) {
        assert.deepEqual(read(text, version), [{ [tricky]: tricky, list: [tricky] }]);
      }
    });
  }

  test('quotes what kubectl takes for a number, and tags what it takes for a merge', () => {
    assert.equal(toYaml([{ mode: '0o17', '<<': 'a' }]), '---\nmode: "0o17"\n!!str "<<": a\n');
  });

  test('writes no character that YAML forbids', () => {
    assert.equal(toYaml([{ a: '\u007f\u0085\ufeff' }]), '---\na: "\\u007f\\u0085\\ufeff"\n');
  });

  test('keeps the order of members, folds no line and makes no anchor', () => {
    const shared = { z: 1, a: 2 };
    const long = 'word '.repeat(100).trim();
    assert.equal(
      toYaml([{ one: shared, two: shared, long, gone: undefined }, {}]),
      `---\none:\n  z: 1\n  a: 2\ntwo:\n  z: 1\n  a: 2\nlong: ${long}\n---\n{}\n`,
    );
  });

  test('refuses what JSON cannot say', () => {
    for (const value of [NaN, Infinity, () => 1, Symbol('s')]) {
      assert.throws(() => toYaml([{ a: value }]), TypeError);
    }
  });

  test('writes members in the order of their names when asked', () => {
    const value = { b: [{ d: 1, c: 2 }], a: 'x' };
    assert.equal(writeYaml(value, { sortMembers: true }), 'a: x\nb:\n  - c: 2\n    d: 1\n');
    assert.equal(writeYaml(value), 'b:\n  - d: 1\n    c: 2\na: x\n');
  });
});
