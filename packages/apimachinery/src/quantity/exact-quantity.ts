/** How a quantity was written, which is how it is written again. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const nanosPerUnit = 1_000_000_000n;
const nanosPerMilli = 1_000_000n;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/**
 * An exact amount of a resource, in steps of a billionth; immutable.
 *
 * Guarantees: no rounding in `add`, `subtract` and `compare`; `toString` is the canonical form of the API server: no
 * fraction, the largest suffix that needs none.
 *
 * Caveats: canonical by value, so `+5` and `1E3` become `5` and `1e3`, which a server leaves as written.
 */
export class ExactQuantity {
  /** Billionths of the unit. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;

  constructor(nanos: bigint, format: QuantityFormat) {
    this.nanos = nanos;
    this.format = format;
  }

  /** The value as a double: exact up to 15 digits, the nearest double beyond. */
  toNumber(): number {
    const units = this.nanos / nanosPerUnit;
    const rest = this.nanos % nanosPerUnit;
    return Number(units) + Number(rest) / Number(nanosPerUnit);
  }

  /** Whole units (bytes, cores), rounded away from zero. */
  toBigInt(): bigint {
    return divideAwayFromZero(this.nanos, nanosPerUnit);
  }

  /** Whole thousandths (millicores), rounded away from zero. */
  toMilli(): bigint {
    return divideAwayFromZero(this.nanos, nanosPerMilli);
  }

  /** Negative when this is less than the other, positive when more, 0 when equal; the format does not matter. */
  compare(other: ExactQuantity): -1 | 0 | 1 {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  /** The sum, in the format of this quantity, or of the other when this is zero. */
  add(other: ExactQuantity): ExactQuantity {
    return new ExactQuantity(
      this.nanos + other.nanos,
      this.nanos === 0n ? other.format : this.format,
    );
  }

  /** The difference, in the format of this quantity, or of the other when this is zero. */
  subtract(other: ExactQuantity): ExactQuantity {
    return this.add(new ExactQuantity(-other.nanos, other.format));
  }

  /** The canonical form, such as `1500m`, `128Mi`, `12e6`. */
  toString(): string {
    const magnitude = this.nanos < 0n ? -this.nanos : this.nanos;
    if (magnitude === 0n) return '0';
    return (this.nanos < 0n ? '-' : '') + formatMagnitude(magnitude, this.format);
  }

  /** The canonical form, so that a quantity can stand in an object to be sent. */
  toJSON(): string {
    return this.toString();
  }
}

/** Rounds to the larger magnitude, as the API does, so that no request is granted less than asked. */
export function divideAwayFromZero(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (dividend % divisor === 0n) return quotient;
  return dividend < 0n ? quotient - 1n : quotient + 1n;
}

function formatMagnitude(nanos: bigint, format: QuantityFormat): string {
  // Less than 1Ki, or not whole: the binary format has no form for it.
  if (format === 'BinarySI' && nanos >= 1024n * nanosPerUnit && nanos % nanosPerUnit === 0n) {
    let mantissa = nanos / nanosPerUnit;
    let step = 0;
    while (step < binarySuffixes.length - 1 && mantissa % 1024n === 0n) {
      mantissa /= 1024n;
      step += 1;
    }
    return `${mantissa}${binarySuffixes[step] ?? ''}`;
  }
  let mantissa = nanos;
  let step = 0;
  const last = format === 'DecimalExponent' ? Infinity : decimalSuffixes.length - 1;
  while (step < last && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    step += 1;
  }
  if (format !== 'DecimalExponent') return `${mantissa}${decimalSuffixes[step] ?? ''}`;
  const exponent = 3 * step - 9;
  return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
}
