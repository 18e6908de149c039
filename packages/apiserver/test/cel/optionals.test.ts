import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileRules } from '../../src/cel/compile-rules.ts';
import { takeOptionalMarks } from '../../src/cel/optional-syntax.ts';
import { compileStructuralSchema } from '../../src/schema/structural-schema.ts';
import { breach, compile, FULL, problemOf } from './try-rule.ts';

const HOLD_FOR_ALL: readonly string[] = [
  "self.?text.orValue('ab') == 'ab'",
  "self.?inner.text.orValue('in') == 'in'",
  "self.?inner.?text.orValue('in') == 'in'",
  "self.?list[1].orValue('b') == 'b'",
  "self.?list[?7].orValue('none') == 'none'",
  "self.?map['a'].orValue('x') == 'x'",
  '!self.?map[?"zz"].hasValue() && !self.?map.zz.hasValue()',
  '!self.?nothing.hasValue()',
  "self.?text.or(self.?inner.text).or(optional.of('ab')).value() == 'ab'",
  'self.?number.optMap(number, number + 1).orValue(2) == 2',
  "self.?inner.optFlatMap(inner, inner.?text).orValue('in') == 'in'",
  'optional.of(1).orValue(1 / 0) == 1',
  "!self.?list.hasValue() || self.?list[self.number].orValue('') == 'b'",
  "[?self.?text, 'z'].size() == (has(self.text) ? 2 : 1)",
  "{?'a': self.?text, 'b': 'z'}.size() == (has(self.text) ? 2 : 1)",
  "{?'a': optional.none(), ?'b': optional.of(2)} == {'b': 2}",
  'optional.ofNonZeroValue(0) == optional.none() && optional.ofNonZeroValue(1).hasValue()',
  "!optional.ofNonZeroValue(timestamp('0001-01-01T00:00:00Z')).hasValue()",
  'has(self.?inner.text) == has(self.inner)',
  '[1, 2].first().value() == 1 && [1, 2].last().value() == 2 && ![].last().hasValue()',
  'optional.unwrap([optional.of(1), optional.none()]) == [1]',
  'self . ? text . hasValue() == has(self.text) // with a comment .?',
  "self.?text.orValue('.?x [?0] {?a}') != ''",
];

describe('a rule with optionals', () => {
  for (const rule of HOLD_FOR_ALL) {
    test(`${rule} holds for an object that has everything, and for one that has nothing`, () => {
      assert.equal(breach(rule, FULL), undefined);
      assert.equal(breach(rule, {}), undefined);
    });
  }

  test('says what went wrong where nothing is held, and where a plain field is missing', () => {
    assert.equal(
      breach("self.?text.value() == 'x'", {}),
      'Invalid value: "object": optional.none() dereference evaluating rule: broken',
    );
    assert.equal(
      breach('self.inner.?text.hasValue()', {}),
      'Invalid value: "object": no such key: inner evaluating rule: broken',
    );
    assert.equal(
      breach('dyn(self.number).hasValue()', FULL),
      `Invalid value: "object": 'no such overload: hasValue(int)': call arguments did not match a supported operator, function or macro signature for rule: broken`,
    );
  });

  test('does not see a property that is null', () => {
    const spec = { nothing: null };
    assert.equal(breach('!has(self.nothing)', spec), undefined);
    assert.match(breach("self.nothing == 'x'", spec) ?? '', /no such key: nothing/);
  });

  test('does not take a map of a user for an optional', () => {
    const spec = { map: { '@optional': 'x' } };
    assert.match(breach('dyn(self.map).hasValue()', spec) ?? '', /no such overload/);
  });

  test('evaluates the left side of a long chain once for each link', () => {
    const chain = Array.from({ length: 60 }, () => '.or(optional.none())').join('');
    assert.equal(breach(`!optional.none()${chain}.hasValue()`, {}), undefined);
  });

  const refused: Readonly<Record<string, string>> = {
    'self.?nope.hasValue()': "ERROR: <input>:1:5: undefined field 'nope'",
    'self.?text.nope.hasValue()':
      "ERROR: <input>:1:11: type 'string' does not support field selection",
    "self.?number.orValue('x') == 'x'":
      "ERROR: <input>:1:21: found no matching overload for 'orValue' applied to 'optional_type(int).(string)'",
    'self.number.optMap(n, n).hasValue()':
      "ERROR: <input>:1:19: found no matching overload for 'hasValue' applied to 'int.()'",
    'self.?number.optMap(1, 2).hasValue()':
      'ERROR: <input>:1:21: optMap() variable name must be a simple identifier',
    'self.?number.optFlatMap(n, n).hasValue()':
      "ERROR: <input>:1:24: found no matching overload for '_?_:_' applied to '(bool, int, optional_type(dyn))'",
    'self.?number ? true : false':
      "ERROR: <input>:1:14: found no matching overload for '_?_:_' applied to '(optional_type(int), bool, bool)'",
    'self.?text && true':
      "ERROR: <input>:1:5: expected type 'bool' but found 'optional_type(string)'",
    'has(self.?text)': 'ERROR: <input>:1:9: invalid argument to has() macro',
    '[?self.text].size() == 1':
      "ERROR: <input>:1:7: expected type 'optional_type(string)' but found 'string'",
    '[?self.?text, 1].size() == 1': "ERROR: <input>:1:15: expected type 'string' but found 'int'",
    'self.?text()': "ERROR: <input>:1:11: Syntax error: mismatched input '(' expecting <EOF>",
    'self.??text': "ERROR: <input>:1:7: Syntax error: extraneous input '?'",
    'size(?self.list)': "ERROR: <input>:1:6: Syntax error: extraneous input '?'",
    '[?]': "ERROR: <input>:1:3: Syntax error: extraneous input ']'",
    'self.?': "ERROR: <input>:1:7: Syntax error: mismatched input '<EOF>'",
    'self.?list.orValue([]).all(e, e.size() > 0)':
      'Forbidden: estimated rule cost exceeds budget by factor of more than 100x',
  };
  for (const [rule, problem] of Object.entries(refused)) {
    test(`${rule} is refused as by the real server`, () => {
      // What a parser would have liked to see is not the same.
      assert.equal(problemOf(rule)?.replace(/ (?:expecting \{|\(try).*/, ''), problem);
    });
  }
});

describe('a transition rule whose old value is optional', () => {
  const rule = {
    rule: '!oldSelf.hasValue() ? self.number == 0 : self.number >= oldSelf.number.orValue(0)',
    optionalOldSelf: true,
    message: 'no',
  };

  test('is checked when there is no old value, and when there is one', () => {
    const { errors, checker } = compile([rule]);
    assert.deepEqual(errors, []);
    const check = (next: number, old?: number): number =>
      checker.check(
        { spec: { number: next } },
        old === undefined ? undefined : { spec: { number: old } },
      ).length;
    assert.deepEqual([check(0), check(1), check(3, 2), check(1, 2)], [0, 1, 0, 1]);
  });
});

describe('sortBy', () => {
  test('orders by a key, and keeps the order of equal keys', () => {
    const keys = (key: string): string => `self.items.sortBy(item, ${key}).map(item, item.key)`;
    assert.equal(breach(`${keys('item.?weight.orValue(0)')} == ['c', 'a', 'b']`, FULL), undefined);
    assert.equal(breach(`${keys('item.key')} == ['a', 'b', 'c']`, FULL), undefined);
    assert.equal(breach(`${keys('1')} == ['b', 'a', 'c']`, FULL), undefined);
  });

  test('is refused for keys that have no order, and for what is no list', () => {
    assert.equal(
      problemOf('self.items.sortBy(item, item).size() == 1'),
      "ERROR: <input>:1:18: found no matching overload for '@sortByAssociatedKeys' applied to 'list(object.items.@idx).(list(object.items.@idx))'",
    );
    assert.equal(
      problemOf("'abc'.sortBy(item, item).size() == 1"),
      'ERROR: <input>:1:1: sortBy can only be applied to a list, identifier, comprehension, call or select expression',
    );
  });

  test('counts as comparing each element with each', () => {
    const items = { type: 'array', maxItems: 100_000, items: { type: 'integer' } };
    const rule = { rule: 'self.sortBy(item, item).size() > 0' };
    const { errors } = compileRules(
      compileStructuralSchema({ ...items, 'x-kubernetes-validations': [rule] }),
      '',
    );
    assert.match(errors[0]?.message ?? '', /estimated rule cost exceeds budget/);
  });
});

describe('a literal', () => {
  test('is of one type', () => {
    assert.equal(
      problemOf("[1, 'a'].size() == 2"),
      "ERROR: <input>:1:5: expected type 'int' but found 'string'",
    );
    assert.equal(
      problemOf("{'a': 1, 'b': 'c'}.size() == 2"),
      "ERROR: <input>:1:15: expected type 'int' but found 'string'",
    );
    assert.equal(
      problemOf("[1, dyn('a')].size() == 2"),
      "ERROR: <input>:1:8: expected type 'int' but found 'dyn'",
    );
    assert.equal(problemOf('[[], self.list].size() == 2'), undefined);
  });
});

describe('taking the marks out of an expression', () => {
  test('leaves every other place where it was', () => {
    const source = "a.?b[?c] + {?'k': '.?'}[ ?d ] ? r'\\' : [e, ?f] // .?";
    const { text, marks } = takeOptionalMarks(source);
    assert.equal(text, "a. b[ c] + { 'k': '.?'}[  d ] ? r'\\' : [e,  f]      ");
    assert.deepEqual(
      marks.map(({ offset, owner, index }) => [offset, source[owner], index]),
      [
        [2, '.', 0],
        [5, '[', 0],
        [12, '{', 0],
        [25, '[', 0],
        [43, '[', 1],
      ],
    );
  });
});
