import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ExactQuantity, parseQuantity } from '../src/index.ts';

const format = fc.constantFrom(
  'DecimalSI' as const,
  'BinarySI' as const,
  'DecimalExponent' as const,
);
const quantity = fc
  .tuple(fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n }), fc.nat({ max: 12 }), format)
  .map(([nanos, zeros, how]) => new ExactQuantity(nanos * 10n ** BigInt(zeros), how));

describe('quantities', () => {
  // Read and written back by an API server (spec.volumes[].emptyDir.sizeLimit).
  for (const [text, canonical] of [
    ['0', '0'],
    ['-0', '0'],
    ['.', '0'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1000Ki', '1000Ki'],
    ['1.5Ki', '1536'],
    ['0.5Ki', '512'],
    ['0.5Gi', '512Mi'],
    ['0.3Ki', '307200m'],
    ['0.00000001Ki', '10240n'],
    ['1.1Ei', '1268213655067531673600m'],
    ['8Ei', '9223372036854775807'],
    ['1000000Ei', '9223372036854775807'],
    ['9223372036854775808', '9223372036854775808'],
    ['1e3', '1e3'],
    ['1e1', '10'],
    ['1e5', '100e3'],
    ['15e-1', '1500e-3'],
    ['1E', '1E'],
    ['9.3E', '9300P'],
    ['0.1n', '1n'],
    ['2.5e-9', '3e-9'],
    ['1e-30', '1e-9'],
    ['1e-999999999', '1e-9'],
    ['1.2345678901m', '1234568n'],
    [' 1 ', '1'],
    [1.5, '1500m'],
    [1e-7, '100e-9'],
  ] as const) {
    test(`${JSON.stringify(text)} is ${canonical}`, () => {
      assert.equal(parseQuantity(text).toString(), canonical);
    });
  }

  for (const text of [
    '',
    ' ',
    '1 2',
    '1.2.3',
    '0x10',
    '1_0',
    'NaN',
    '١',
    '1e3.5',
    'm',
    NaN,
    Infinity,
  ]) {
    test(`refuses ${JSON.stringify(text)}: not the form of a number`, () => {
      assert.throws(() => parseQuantity(text), {
        code: 'INVALID_QUANTITY',
        message: /^quantities must match the regular expression/,
      });
    });
  }

  for (const text of ['1K', '1ki', '1e', '1m5', '1Mi1', '1kk', '1e99999999999999999999']) {
    test(`refuses ${text}: no such suffix`, () => {
      assert.throws(() => parseQuantity(text), {
        code: 'INVALID_QUANTITY',
        message: "unable to parse quantity's suffix",
      });
    });
  }

  test('refuses numbers that only cost time', () => {
    for (const text of ['1e2147483648', '9'.repeat(100_000), `1e${'0'.repeat(990)}1`, '1e1001']) {
      assert.throws(() => parseQuantity(text), /too (long|large)|suffix/);
    }
    assert.equal(parseQuantity('1e1000').toString(), '10e999');
  });

  test('rounds away from zero', () => {
    const both = ['1.0000000001', '-1.0000000001'].map(parseQuantity);
    assert.deepEqual(
      both.map((each) => each.nanos),
      [1_000_000_001n, -1_000_000_001n],
    );
    assert.deepEqual(
      both.map((each) => each.toBigInt()),
      [2n, -2n],
    );
    assert.deepEqual(
      both.map((each) => each.toMilli()),
      [1001n, -1001n],
    );
    assert.equal(parseQuantity('128Mi').toBigInt(), 134217728n);
  });

  test('keep their exact value in the canonical form', () => {
    fc.assert(
      fc.property(quantity, (original) => {
        const text = original.toString();
        const again = parseQuantity(text);
        assert.doesNotMatch(text, /\./);
        // What a suffix of the binary format says ends at 2^63-1.
        if (!text.endsWith('i')) assert.equal(again.nanos, original.nanos);
        // A binary amount below 1Ki or not whole is written without a suffix, and read as a decimal one.
        if (original.format !== 'BinarySI') assert.equal(again.toString(), text);
      }),
    );
  });

  test('keep their exact value with a binary suffix', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1024n, max: 2n ** 63n - 1n }), (units) => {
        const original = new ExactQuantity(units * 1_000_000_000n, 'BinarySI');
        assert.equal(parseQuantity(original.toString()).toBigInt(), units);
      }),
    );
  });

  test('compare like their values, whatever their format', () => {
    fc.assert(
      fc.property(quantity, quantity, (one, other) => {
        assert.equal(one.compare(other), -other.compare(one) + 0);
        assert.equal(
          Math.sign(one.compare(other)),
          one.nanos < other.nanos ? -1 : one.nanos > other.nanos ? 1 : 0,
        );
        assert.equal(one.add(other).subtract(other).nanos, one.nanos);
      }),
    );
    assert.equal(parseQuantity('1Gi').compare(parseQuantity('1073741824')), 0);
    assert.equal(parseQuantity('999m').compare(parseQuantity('1')), -1);
  });

  test('write a sum in the format of the first, unless it is zero', () => {
    const sum = (left: string, right: string) =>
      parseQuantity(left).add(parseQuantity(right)).toString();
    assert.equal(sum('1Mi', '1048576'), '2Mi');
    assert.equal(sum('0', '1Mi'), '1Mi');
    assert.equal(sum('100m', '0.9'), '1');
  });

  test('end with the largest suffix', () => {
    const exbi = new ExactQuantity(1024n ** 7n * 1_000_000_000n, 'BinarySI');
    assert.equal(exbi.toString(), '1024Ei');
    assert.equal(new ExactQuantity(10n ** 30n, 'DecimalSI').toString(), '1000E');
  });

  test('become numbers and JSON', () => {
    assert.equal(parseQuantity('1500m').toNumber(), 1.5);
    assert.equal(parseQuantity('-250m').toNumber(), -0.25);
    assert.equal(JSON.stringify({ cpu: parseQuantity('0.1') }), '{"cpu":"100m"}');
  });
});
