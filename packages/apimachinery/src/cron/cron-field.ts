import { CronError } from './cron-error.ts';
import { parseInteger } from './go-number.ts';

/** What may stand in one of the five fields. */
export interface FieldRange {
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on, in lower case. */
  readonly names?: readonly string[];
}

/** The values that a field chooses. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** A part of it was `*` or `?` without a step: the field puts no limit on the day by itself. */
  readonly isOpen: boolean;
}

/** Reads a list of values, ranges and steps, such as `1,10-20/5`. @throws CronError */
export function parseCronField(text: string, range: FieldRange): CronField {
  // Empty parts do not count: `,5` is `5`, and `,` chooses nothing.
  const parts = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => parsePart(part, range));
  return {
    values: new Set(parts.flatMap(({ values }) => values)),
    isOpen: parts.some(({ isOpen }) => isOpen),
  };
}

function parsePart(
  part: string,
  range: FieldRange,
): { readonly values: readonly number[]; readonly isOpen: boolean } {
  const [span = '', stepText, ...moreSteps] = part.split('/');
  const [low = '', high, ...moreBounds] = span.split('-');
  const isStar = low === '*' || low === '?';
  let first = range.min;
  let last = range.max;
  if (!isStar) {
    first = parseValue(low, range);
    if (moreBounds.length > 0) throw new CronError(`too many hyphens: ${part}`);
    last = high === undefined ? first : parseValue(high, range);
  }
  if (moreSteps.length > 0) throw new CronError(`too many slashes: ${part}`);
  const step = stepText === undefined ? 1 : parseInteger(stepText);
  // `5/15` means from 5 to the end.
  if (stepText !== undefined && high === undefined) last = range.max;
  if (first < range.min) {
    throw new CronError(`beginning of range (${first}) below minimum (${range.min}): ${part}`);
  }
  if (last > range.max) {
    throw new CronError(`end of range (${last}) above maximum (${range.max}): ${part}`);
  }
  if (first > last) {
    throw new CronError(`beginning of range (${first}) beyond end of range (${last}): ${part}`);
  }
  if (step === 0) throw new CronError(`step of range should be a positive number: ${part}`);
  return { values: steps(first, last, step), isOpen: isStar && step === 1 };
}

function parseValue(text: string, { names, min }: FieldRange): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named >= 0 ? named + min : parseInteger(text);
}

function steps(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}
