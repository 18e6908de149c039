import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  createRequirement,
  createSelector,
  fromLabels,
  fromLabelSelector,
  parseLabelSelector,
  SelectorError,
  type Requirement,
} from '../src/index.ts';

const labelPart = fc.stringMatching(/^[a-z]([-a-z0-9]{0,6}[a-z0-9])?$/);
const keyword = fc.constantFrom('in', 'notin', 'constructor', 'app');
const key = fc.oneof(
  labelPart,
  keyword,
  fc.tuple(labelPart, labelPart).map((parts) => parts.join('/')),
);
const value = fc.oneof(fc.constant(''), keyword, labelPart);
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc
    .tuple(key, fc.constantFrom('Equals' as const, 'NotEquals' as const), value)
    .map(([name, operator, only]) => createRequirement(name, operator, [only])),
  fc
    .tuple(
      key,
      fc.constantFrom('In' as const, 'NotIn' as const),
      fc.array(value, { minLength: 1, maxLength: 4 }),
    )
    .map(([name, operator, values]) => createRequirement(name, operator, values)),
  fc
    .tuple(key, fc.constantFrom('Exists' as const, 'DoesNotExist' as const))
    .map(([name, operator]) => createRequirement(name, operator, [])),
  fc
    .tuple(key, fc.constantFrom('Gt' as const, 'Lt' as const), fc.nat())
    .map(([name, operator, bound]) => createRequirement(name, operator, [String(bound)])),
);

describe('label selectors', () => {
  test('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 5 }), (requirements) => {
        const selector = createSelector(requirements);
        const again = parseLabelSelector(selector.toString());
        assert.deepEqual(again.requirements, selector.requirements);
        assert.equal(again.toString(), selector.toString());
      }),
    );
  });

  test('never answers otherwise after a round trip', () => {
    fc.assert(
      fc.property(
        fc.array(requirement, { maxLength: 3 }),
        fc.dictionary(key, value, { maxKeys: 4 }),
        (requirements, labels) => {
          const selector = createSelector(requirements);
          assert.equal(
            parseLabelSelector(String(selector)).matches(labels),
            selector.matches(labels),
          );
        },
      ),
    );
  });

  test('ends with a selector or a SelectorError, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('ab!=,()<> in-/\n')) }),
        (text) => {
          try {
            parseLabelSelector(text);
          } catch (error) {
            assert.ok(error instanceof SelectorError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  // What an absent label means, operator by operator.
  for (const [text, absent, empty, present] of [
    ['a', false, true, true],
    ['!a', true, false, false],
    ['a=x', false, false, true],
    ['a==x', false, false, true],
    ['a!=x', true, true, false],
    ['a in (x,y)', false, false, true],
    ['a notin (x,y)', true, true, false],
    ['a=', false, true, false],
    ['a in ()', false, true, false],
    ['a in (,x)', false, true, true],
  ] as const) {
    test(`${text} on an absent label, an empty one and a=x: ${absent}, ${empty}, ${present}`, () => {
      const selector = parseLabelSelector(text);
      assert.deepEqual(
        [undefined, { a: '' }, { a: 'x' }].map((labels) => selector.matches(labels)),
        [absent, empty, present],
      );
    });
  }

  test('compares integers by value, and nothing else', () => {
    const selector = parseLabelSelector('a>9');
    assert.deepEqual(
      ['10', '9', '010', 'x', ''].map((label) => selector.matches({ a: label })),
      [true, false, true, false, false],
    );
    assert.equal(
      parseLabelSelector('a<9223372036854775807').matches({ a: '9223372036854775806' }),
      true,
    );
  });

  test('does not take an inherited member for a label', () => {
    assert.equal(parseLabelSelector('constructor').matches({}), false);
    assert.equal(parseLabelSelector('!toString').matches({}), true);
    const labels = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    assert.equal(fromLabels({ a: 'x' }).matches(labels), false);
  });

  test('writes requirements sorted by key, with one equals sign and sorted values', () => {
    assert.equal(
      parseLabelSelector(' b == 2 , !c,a notin ( y, x )').toString(),
      'a notin (x,y),b=2,!c',
    );
  });

  // Texts and answers were taken from an API server.
  for (const [text, message] of [
    ['a,', "found '', expected: identifier after ','"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['!a in (b)', "found 'in', expected: ',' or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in ((b))', "unable to parse requirement: found '(', expected: ',', ')' or identifier"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>b',
      `unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    [
      `a=${'x'.repeat(64)}`,
      `unable to parse requirement: values[0][a]: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`,
    ],
  ] as const) {
    test(`refuses ${JSON.stringify(text.slice(0, 12))} in the words of an API server`, () => {
      assert.throws(() => parseLabelSelector(text), {
        name: 'SelectorError',
        code: 'INVALID_LABEL_SELECTOR',
        message,
      });
    });
  }

  test('reads a selector of a hundred thousand requirements', () => {
    assert.equal(
      parseLabelSelector(Array(100_000).fill('a').join(',')).requirements.length,
      100_000,
    );
  });
});

describe('LabelSelector objects', () => {
  test('choose nothing when absent, everything when empty', () => {
    assert.equal(fromLabelSelector(undefined).matches({ a: 'b' }), false);
    assert.equal(fromLabelSelector(undefined).matchesNothing, true);
    assert.equal(fromLabelSelector({}).matches(undefined), true);
  });

  test('join labels and expressions', () => {
    const selector = fromLabelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'NotIn', values: ['db'] },
        { key: 'canary', operator: 'DoesNotExist' },
      ],
    });
    assert.equal(selector.toString(), 'app=web,!canary,tier notin (db)');
    assert.equal(selector.matches({ app: 'web' }), true);
    assert.equal(selector.matches({ app: 'web', canary: '' }), false);
  });

  for (const [expression, message] of [
    [{ key: 'a', operator: 'Gt', values: ['1'] }, /"Gt" is not a valid label selector operator/],
    [{ key: 'a', operator: 'In', values: [] }, /values set can't be empty/],
    [{ key: 'a', operator: 'Exists', values: ['x'] }, /values set must be empty/],
    [{ key: '', operator: 'Exists' }, /name part must be non-empty/],
    [{ key: 'a', operator: '__proto__' }, /not a valid label selector operator/],
  ] as const) {
    test(`refuse ${JSON.stringify(expression)}`, () => {
      assert.throws(() => fromLabelSelector({ matchExpressions: [expression] }), message);
    });
  }
});
