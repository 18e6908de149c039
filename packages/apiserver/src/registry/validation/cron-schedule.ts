import { invalid, type FieldError } from '../../field-error.ts';

interface FieldRange {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The five fields of a schedule, in their order. */
const FIELDS: readonly FieldRange[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
]);

function parseValue(text: string, range: FieldRange): number | string {
  const named = range.names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + range.min;
  if (!/^\d+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  return Number(text);
}

/** What is wrong with one comma-separated part of a field; undefined when nothing is. */
function partProblem(part: string, range: FieldRange): string | undefined {
  const [span = '', step, ...tooManySlashes] = part.split('/');
  if (tooManySlashes.length > 0) return `too many slashes: ${part}`;
  const bounds = span.split('-');
  if (bounds.length > 2) return `too many hyphens: ${part}`;
  if (step !== undefined) {
    const parsed = parseValue(step, { ...range, names: [] });
    if (typeof parsed === 'string') return parsed;
    if (parsed === 0) return `step of range should be a positive number: ${part}`;
  }
  if (span === '*' || span === '?') return undefined;
  const values = bounds.map((bound) => parseValue(bound, range));
  const problem = values.find((value) => typeof value === 'string');
  if (problem !== undefined) return problem;
  const [first, last = first] = values as number[];
  if (first === undefined || last === undefined) return `failed to parse range: ${part}`;
  if (first < range.min)
    return `beginning of range (${first}) below minimum (${range.min}): ${part}`;
  if (last > range.max) return `end of range (${last}) above maximum (${range.max}): ${part}`;
  if (first > last) {
    return `beginning of range (${first}) beyond end of range (${last}): ${part}`;
  }
  return undefined;
}

function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    if (DESCRIPTORS.has(schedule)) return undefined;
    if (/^@every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(schedule)) return undefined;
    return `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, field] of fields.entries()) {
    for (const part of field.split(',')) {
      const range = FIELDS[index];
      const problem = range === undefined ? undefined : partProblem(part, range);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** Rules for the schedule of a CronJob: five fields, or a descriptor such as `@hourly`. */
export function validateSchedule(path: string, schedule: string): FieldError[] {
  if (schedule.includes('TZ')) {
    return [
      invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    ];
  }
  const problem = scheduleProblem(schedule);
  return problem === undefined ? [] : [invalid(path, schedule, problem)];
}
