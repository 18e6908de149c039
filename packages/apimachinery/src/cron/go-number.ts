import { CronError } from './cron-error.ts';

/** Largest value of Go's `int` and `uint64`. */
const maxInt64 = 2n ** 63n - 1n;

/** A whole number as Go's `strconv.Atoi` reads it. @throws CronError with the words of Go. */
export function parseInteger(text: string): number {
  const problem = (what: string): CronError =>
    new CronError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${what}`,
    );
  if (!/^[+-]?\d+$/.test(text)) throw problem('invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > maxInt64 || value < -maxInt64 - 1n) throw problem('value out of range');
  if (value < 0n) throw new CronError(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}

/** Nanoseconds in each unit of a Go duration. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // micro sign
  μs: 1_000n, // Greek letter mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Whole seconds of a Go duration such as `1h30m`, rounded towards zero. @throws CronError with the words of Go. */
export function parseDurationSeconds(text: string): number {
  const invalid = (): CronError => new CronError(`time: invalid duration ${JSON.stringify(text)}`);
  const isNegative = text.startsWith('-');
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw invalid();
  let nanoseconds = 0n;
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const [number = '', whole = '', fraction = ''] = match ?? [];
    if (whole === '' && fraction === '') throw invalid();
    rest = rest.slice(number.length);
    const name = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (name === '') throw new CronError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const unit = units[name];
    if (unit === undefined) {
      throw new CronError(
        `time: unknown unit ${JSON.stringify(name)} in duration ${JSON.stringify(text)}`,
      );
    }
    rest = rest.slice(name.length);
    nanoseconds += BigInt(whole || 0) * unit;
    // More digits than a nanosecond has do not count.
    const digits = fraction.slice(0, 15);
    nanoseconds += (BigInt(digits || 0) * unit) / 10n ** BigInt(digits.length);
    if (nanoseconds > maxInt64) throw invalid();
  }
  const seconds = Number(nanoseconds / 1_000_000_000n);
  return isNegative ? -seconds : seconds;
}
