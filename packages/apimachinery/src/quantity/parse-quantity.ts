import { divideAwayFromZero, ExactQuantity, type QuantityFormat } from './exact-quantity.ts';
import { QuantityError } from './quantity-error.ts';

const shape = /^([+-]?)([0-9.]+)?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const shapeMessage =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const decimalExponents: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binaryExponents: ReadonlyMap<string, number> = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
]);

/** The binary format ends at the largest 64-bit integer. */
const binaryMax = (2n ** 63n - 1n) * 1_000_000_000n;
/** Bounds of the work: a server takes more digits and larger exponents, and spends minutes on them. */
const maxLength = 1000;
const maxExponent = 1000;

/** The number a suffix stands for: `10 ** ten * 2 ** two`. */
interface Scale {
  readonly ten: number;
  readonly two: number;
  readonly format: QuantityFormat;
}

/**
 * Reads a quantity: `100m`, `0.5`, `128Mi`, `1e3`, or a JSON number. What is finer than a billionth is rounded away from
 * zero; what is written with a binary suffix and more than 2^63-1 is cut to that, as an API server does.
 *
 * Caveats: a text over 1,000 characters and an exponent over 1,000 are refused, where a server calculates on.
 *
 * @throws QuantityError `INVALID_QUANTITY` with the message of the API server, or `QUANTITY_OUT_OF_RANGE`.
 *
 * @example
 * ```ts
 * parseQuantity('0.5Gi').toString(); // '512Mi'
 * parseQuantity('1500m').compare(parseQuantity('2')); // -1
 * ```
 */
export function parseQuantity(input: string | number): ExactQuantity {
  const text = String(input).trim();
  if (text.length > maxLength) {
    throw new QuantityError(
      'QUANTITY_OUT_OF_RANGE',
      `a quantity of ${text.length} characters is too long: at most ${maxLength}`,
    );
  }
  const match = shape.exec(text);
  const [, sign = '', digits = '', suffix = ''] = match ?? [];
  const [whole = '', fraction = '', ...more] = digits.split('.');
  if (match === null || sign + digits === '' || more.length > 0) {
    throw new QuantityError('INVALID_QUANTITY', shapeMessage);
  }
  const scale = scaleOf(suffix);
  const mantissa = BigInt(`0${whole}${fraction}`);
  const nanos = toNanos(mantissa, scale, fraction.length);
  return new ExactQuantity(sign === '-' ? -nanos : nanos, scale.format);
}

function scaleOf(suffix: string): Scale {
  const ten = decimalExponents.get(suffix);
  if (ten !== undefined) return { ten, two: 0, format: 'DecimalSI' };
  const two = binaryExponents.get(suffix);
  if (two !== undefined) return { ten: 0, two, format: 'BinarySI' };
  if (!/^[eE][-+]?\d{1,18}$/.test(suffix)) {
    throw new QuantityError('INVALID_QUANTITY', "unable to parse quantity's suffix");
  }
  const exponent = Number(suffix.slice(1));
  if (exponent > maxExponent) {
    throw new QuantityError(
      'QUANTITY_OUT_OF_RANGE',
      `the exponent ${exponent} of a quantity is too large: at most ${maxExponent}`,
    );
  }
  // Digits are at most maxLength, so anything below this is less than a billionth, whatever the digits.
  return { ten: Math.max(exponent, -maxExponent - maxLength), two: 0, format: 'DecimalExponent' };
}

function toNanos(mantissa: bigint, { ten, two, format }: Scale, fractionDigits: number): bigint {
  const exponent = ten - fractionDigits + 9;
  const scaled = mantissa << BigInt(two);
  const nanos =
    exponent >= 0
      ? scaled * 10n ** BigInt(exponent)
      : divideAwayFromZero(scaled, 10n ** BigInt(-exponent));
  return format === 'BinarySI' && nanos > binaryMax ? binaryMax : nanos;
}
