import { CronError } from './cron-error.ts';
import { parseCronField } from './cron-field.ts';
import { FieldSchedule } from './field-schedule.ts';
import { parseDurationSeconds } from './go-number.ts';
import { TimeZone } from './time-zone.ts';

/** When something is due again and again. */
export interface CronSchedule {
  /** The first moment after another one; undefined when there is none within five years. */
  next(after: Date): Date | undefined;
}

/** Options of {@link parseCronSchedule}. */
export interface CronScheduleOptions {
  /** Zone of the IANA database whose clocks the schedule means, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string | undefined;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The fields of a schedule, in their order. */
const ranges = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: months },
  dayOfWeek: { min: 0, max: 6, names: days },
};

const yearly = '0 0 1 1 *';
const daily = '0 0 * * *';
const descriptors: Readonly<Record<string, string>> = {
  '@yearly': yearly,
  '@annually': yearly,
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': daily,
  '@midnight': daily,
  '@hourly': '0 * * * *',
};

const every = '@every ';

/**
 * Reads the schedule of a CronJob: five fields (minute, hour, day of month, month, day of week) of values, ranges, steps
 * and English names; one of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`; or `@every`
 * with a duration such as `1h30m`. A day is due when either day field chooses it, or both when one of them is `*`.
 *
 * Guarantees: what is accepted, when it is due, and what the errors say is as in Kubernetes 1.36 (robfig/cron 3),
 * also around changes of clocks. A zone in front (`TZ=UTC * * * * *`) is read, too, and goes before the option.
 *
 * @throws CronError for a schedule or time zone that cannot be read.
 *
 * @example
 * ```ts
 * parseCronSchedule('30 6 * * mon-fri', { timeZone: 'Europe/Berlin' }).next(new Date());
 * ```
 */
export function parseCronSchedule(text: string, options: CronScheduleOptions = {}): CronSchedule {
  if (text === '') throw new CronError('empty spec string');
  const { timeZone, line } = splitZone(text, options.timeZone ?? 'UTC');
  if (line.startsWith('@')) return parseDescriptor(line, timeZone);
  const fields = line.split(/\s+/).filter((field) => field !== '');
  const expected = Object.keys(ranges).length;
  if (fields.length !== expected) {
    throw new CronError(
      `expected exactly ${expected} fields, found ${fields.length}: [${fields.join(' ')}]`,
    );
  }
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  return new FieldSchedule(
    {
      minute: parseCronField(minute, ranges.minute),
      hour: parseCronField(hour, ranges.hour),
      dayOfMonth: parseCronField(dayOfMonth, ranges.dayOfMonth),
      month: parseCronField(month, ranges.month),
      dayOfWeek: parseCronField(dayOfWeek, ranges.dayOfWeek),
    },
    timeZone,
  );
}

/** Takes off a zone in front of the fields. */
function splitZone(
  text: string,
  fallback: string,
): { readonly timeZone: TimeZone; readonly line: string } {
  if (!/^(CRON_)?TZ=/.test(text)) return { timeZone: new TimeZone(fallback), line: text };
  const end = text.indexOf(' ');
  if (end < 0) {
    // What a Go program says that cuts a text at a place that is not there.
    throw new CronError('invalid schedule format: runtime error: slice bounds out of range [:-1]');
  }
  const name = text.slice(text.indexOf('=') + 1, end);
  try {
    return { timeZone: new TimeZone(name), line: text.slice(end).trim() };
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new CronError(`provided bad location ${name}: ${error.message}`, { cause: error });
  }
}

function parseDescriptor(descriptor: string, timeZone: TimeZone): CronSchedule {
  const line = Object.hasOwn(descriptors, descriptor) ? descriptors[descriptor] : undefined;
  if (line !== undefined) return parseCronSchedule(line, { timeZone: timeZone.name });
  if (!descriptor.startsWith(every)) {
    throw new CronError(`unrecognized descriptor: ${descriptor}`);
  }
  try {
    return constantDelay(parseDurationSeconds(descriptor.slice(every.length)));
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new CronError(`failed to parse duration ${descriptor}: ${error.message}`, {
      cause: error,
    });
  }
}

/** Due at whole seconds, one second apart at the least. */
function constantDelay(seconds: number): CronSchedule {
  const delayMs = Math.max(1, seconds) * 1_000;
  return { next: (after) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + delayMs) };
}
