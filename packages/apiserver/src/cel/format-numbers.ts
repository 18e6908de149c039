import { formatNumber } from '../schema/go-number.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Digits behind the point where a format does not say how many. */
export const DEFAULT_PRECISION = 6;

/** Most digits that are written out behind the point. */
const MAX_PRECISION = 1000;

/** A finite number that is not negative, as a fraction of integers. */
function fractionOf(value: number): { readonly numerator: bigint; readonly denominator: bigint } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const stored = bits & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? stored : stored | (1n << 52n);
  const exponent = Math.max(biased, 1) - 1075;
  return exponent < 0
    ? { numerator: mantissa, denominator: 1n << BigInt(-exponent) }
    : { numerator: mantissa << BigInt(exponent), denominator: 1n };
}

/** A fraction as an integer: the nearest one, of two the even one. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  const floor = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const isUp = twice > denominator || (twice === denominator && floor % 2n === 1n);
  return isUp ? floor + 1n : floor;
}

/** Puts a point before the last digits of an integer. */
function withPoint(integer: bigint, precision: number): string {
  const digits = String(integer).padStart(precision + 1, '0');
  return precision === 0 ? digits : `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

function unusual(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return undefined;
  return value < 0 ? '-∞' : '∞';
}

/**
 * A number with a fixed point, as in American English: `1,234.500000`.
 *
 * @throws Error for a precision of more than 1,000
 */
export function formatFixed(value: number, precision: number): string {
  if (precision > MAX_PRECISION) {
    throw new Error(`a precision of ${precision} is more than ${MAX_PRECISION}`);
  }
  const special = unusual(value);
  if (special !== undefined) return special;
  const { numerator, denominator } = fractionOf(Math.abs(value));
  const scaled = nearest(numerator * 10n ** BigInt(precision), denominator);
  const [whole = '', fraction] = withPoint(scaled, precision).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  const sign = value < 0 ? '-' : '';
  return fraction === undefined ? `${sign}${grouped}` : `${sign}${grouped}.${fraction}`;
}

/**
 * A number as `1.234500×10⁰³`, with six digits behind the point.
 *
 * @param width fewest characters; the API server takes what is written as a precision for it
 * @throws Error for a width of more than 1,000
 */
export function formatScientific(value: number, width: number): string {
  if (width > MAX_PRECISION) {
    throw new Error(`a precision of ${width} is more than ${MAX_PRECISION}`);
  }
  return (unusual(value) ?? powerOfTen(value)).padStart(width);
}

function powerOfTen(value: number): string {
  const { numerator, denominator } = fractionOf(Math.abs(value));
  let power = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  const shift = 10n ** BigInt(Math.abs(DEFAULT_PRECISION - power));
  let digits =
    power > DEFAULT_PRECISION
      ? nearest(numerator, denominator * shift)
      : nearest(numerator * shift, denominator);
  // Rounded up to the next power.
  if (digits === 10n ** BigInt(DEFAULT_PRECISION + 1)) {
    digits /= 10n;
    power += 1;
  }
  const exponent = String(Math.abs(power))
    .padStart(2, '0')
    .replace(/\d/g, (digit) => SUPERSCRIPTS.charAt(Number(digit)));
  const mantissa = withPoint(digits, DEFAULT_PRECISION);
  return `${value < 0 ? '-' : ''}${mantissa}×10${power < 0 ? '⁻' : ''}${exponent}`;
}

/** From here on, numbers are written with an exponent. */
const LARGE = 1e6;

/** A number in the fewest digits that tell it from others, as Go's `%g`: `1e+06`, `0.1`, `+Inf`. */
export function formatShortest(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  if (Object.is(value, -0)) return '-0';
  return formatNumber(value, LARGE);
}
