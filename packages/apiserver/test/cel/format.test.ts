import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatFixed, formatScientific, formatShortest } from '../../src/cel/format-numbers.ts';
import { breach, FULL, problemOf } from './try-rule.ts';

/** Expressions, and the text that a real server makes of each. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["'100%% %s'.format(['a'])", '100% a'],
  ["'%s-%s'.format([self.text, self.number])", 'ab-1'],
  ["'%s %s'.format([1u, true])", '1 true'],
  ["'%s %s %s'.format([1.0, 123456.789, 1e-7])", '1 123456.789 1e-07'],
  ["'%s %s %s'.format([1e15, -0.0, double('-Infinity')])", '1e+15 -0 -Inf'],
  ["'%s %s'.format([null, b'abc'])", 'null abc'],
  ["'%s'.format([[dyn(1), 'a', 1.5, true, null, b'x']])", '[1, "a", 1.500000, true, null, b"x"]'],
  ["'%s'.format([{'b': [1, {'c': 1.5}], 'a': 2}])", '{"a":2, "b":[1, {"c":1.500000}]}'],
  ["'%s'.format([{1: 'x', 10: 'z', 2: 'y'}])", '{1:"x", 10:"z", 2:"y"}'],
  ["'%s %s'.format([self.list, self.map])", '["a", "b"] {"a":"x"}'],
  ["'%s %s'.format([duration('90m'), duration('1.5s')])", '5400s 1.5s'],
  ["'%s'.format([timestamp('2020-01-01T01:02:03.50Z')])", '2020-01-01T01:02:03.5Z'],
  ["'%s'.format([[duration('1h')]])", '[duration("3600s")]'],
  ["'%s'.format([[timestamp('2020-01-01T00:00:00Z')]])", '[timestamp("2020-01-01T00:00:00Z")]'],
  ["'%s %s'.format([int, type('a')])", 'int string'],
  [String.raw`'%s'.format([['\u0001\u00ad\U0001F600\a"']])`, String.raw`["\x01\u00ad😀\a\""]`],
  ["'%d %d'.format([-5, 9223372036854775807])", '-5 9223372036854775807'],
  ["'%f %.2f %.0f'.format([1234567.891, 1.005, 2.5])", '1,234,567.891000 1.00 2'],
  ["'%.25f'.format([0.1])", '0.1000000000000000055511151'],
  ["'%f %f %f'.format(['NaN', 'Infinity', double('-Infinity')])", 'NaN ∞ -∞'],
  ["'%e %e'.format([1234.5, -1e-100])", '1.234500×10⁰³ -1.000000×10⁻¹⁰⁰'],
  ["'%.20e|%e|%e'.format([1234.5, 'NaN', 1000000.5])", '       1.234500×10⁰³|   NaN|1.000000×10⁰⁶'],
  ["'%b %b %b'.format([5, -5, true])", '101 -101 1'],
  ["'%x %X %x %x'.format([255, -255, 'hello', b'\\xff\\x00'])", 'ff -FF 68656c6c6f ff00'],
  ["'%o %o'.format([8, -8])", '10 -10'],
  ['string(1e15)', '1e+15'],
  ["string(duration('1.5s'))", '1.5s'],
  ["string(timestamp('2020-01-01T00:00:00.120Z'))", '2020-01-01T00:00:00.12Z'],
  [String.raw`strings.quote('a"b\n')`, String.raw`"a\"b\n"`],
];

describe('a formatted text', () => {
  for (const [expression, text] of TEXTS) {
    test(`${expression} is ${text}`, () => {
      assert.equal(breach(`${expression} == ${JSON.stringify(text)}`, FULL), undefined);
    });
  }

  const failures: Readonly<Record<string, string>> = {
    "('%s' + '%s').format([1])": 'index 1 out of range',
    "('a' + '%').format([1])": 'unexpected end of string',
    "('%' + 'z').format([1])":
      'could not parse formatting clause: unrecognized formatting clause "z"',
    "('%.' + 'f').format([1.0])":
      'could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
    "'%d'.format([dyn('x')])":
      'error during formatting: decimal clause can only be used on integers, was given string',
    "'%s'.format([dyn(quantity('1'))])":
      'error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given kubernetes.Quantity',
    "'%s'.format([[dyn(optional.of(1))]])":
      'error during formatting: no formatting function for optional_type',
    "'%.9999f'.format([1.0])": 'a precision of 9999 is more than 1000',
  };
  for (const [expression, words] of Object.entries(failures)) {
    test(`${expression} fails`, () => {
      assert.equal(
        breach(`${expression} == 'x'`, FULL),
        `Invalid value: "object": ${words} evaluating rule: broken`,
      );
    });
  }

  const refused: Readonly<Record<string, string>> = {
    "'%s %s'.format([self.text])": '1:15: index 1 out of range',
    "'%s'.format([self.text, 1])":
      '1:12: too many arguments supplied to string.format (expected 1, got 2)',
    "'%d'.format([self.text])":
      '1:18: error during formatting: decimal clause can only be used on integers, was given string',
    "'%s'.format([self.inner])":
      '1:18: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given object.inner',
    "'%s'.format([[1, optional.of(1)]])":
      '1:29: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given optional_type',
    "'%z'.format([1])":
      '1:12: could not parse formatting clause: unrecognized formatting clause "z"',
    "'%'.format([])": '1:11: unexpected end of string',
    "'%s'.format(self.text)":
      "1:12: found no matching overload for 'format' applied to 'string.(string)'",
  };
  for (const [expression, problem] of Object.entries(refused)) {
    test(`${expression} is refused before it is evaluated`, () => {
      assert.equal(problemOf(`${expression} == 'x'`), `ERROR: <input>:${problem}`);
    });
  }
});

describe('a number in a format', () => {
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });

  test('reads back as the same number in its shortest form', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        assert.ok(Object.is(Number(formatShortest(value)), value));
      }),
    );
  });

  test('has every digit when there is room for them', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        fc.pre(Math.abs(value) > 1e-300);
        assert.equal(Number(formatFixed(value, 1000).replaceAll(',', '')), value);
      }),
    );
  });

  test('is off by no more than half of the last of seven digits as a power of ten', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        fc.pre(Math.abs(value) > 1e-300 && Math.abs(value) < 1e300);
        const [mantissa = '', exponent = ''] = formatScientific(value, 0).split('×10');
        const digits = exponent.replace('⁻', '-').normalize('NFKC');
        const written = Number(`${mantissa}e${digits}`);
        assert.ok(Math.abs(written / value - 1) <= 5.01e-7, `${mantissa} ${exponent} ${value}`);
      }),
    );
  });
});
