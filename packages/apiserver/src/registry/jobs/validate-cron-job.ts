import { CronError, parseCronSchedule, TimeZone } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../json-read.ts';
import { nonNegative, oneOf } from '../validation/value-rules.ts';
import { shownSelector } from './job-selector.ts';
import { validateJobSpec } from './validate-job-spec.ts';

/** Jobs of a CronJob are named after it, with 11 more characters. */
const MAX_NAME_BYTES = 52;
const CONCURRENCY_POLICIES = ['Allow', 'Forbid', 'Replace'];

/**
 * Rules for a CronJob.
 *
 * @param old the stored one on an update; what is wrong with it and does not change is let be
 */
export function validateCronJob(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = objectAt(object, 'spec');
  const before = old === undefined ? undefined : objectAt(old, 'spec');
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const count = (field: string): FieldError[] =>
    nonNegative(`spec.${field}`, numberAt(spec, field));
  const timeZone = spec['timeZone'] as string | undefined;
  return [
    ...validateSchedule('spec.schedule', spec, before),
    ...count('startingDeadlineSeconds'),
    ...(before === undefined || before['timeZone'] !== timeZone
      ? validateTimeZone('spec.timeZone', timeZone)
      : []),
    ...oneOf('spec.concurrencyPolicy', textAt(spec, 'concurrencyPolicy'), CONCURRENCY_POLICIES),
    ...validateJobTemplate(
      'spec.jobTemplate.spec',
      objectAt(objectAt(spec, 'jobTemplate'), 'spec'),
    ),
    ...count('successfulJobsHistoryLimit'),
    ...count('failedJobsHistoryLimit'),
    ...(old === undefined && Buffer.byteLength(name) > MAX_NAME_BYTES
      ? [invalid('metadata.name', name, `must be no more than ${MAX_NAME_BYTES} characters`)]
      : []),
  ];
}

/** What reading something refuses; undefined when it does not. */
function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}

function validateSchedule(
  path: string,
  spec: JsonObject,
  before: JsonObject | undefined,
): FieldError[] {
  const schedule = textAt(spec, 'schedule');
  if (schedule === '') return [required(path)];
  const problem = refusal(() => parseCronSchedule(schedule));
  const errors = problem === undefined ? [] : [invalid(path, schedule, problem)];
  if (!schedule.includes('TZ')) return errors;
  if (before === undefined || !textAt(before, 'schedule').includes('TZ')) {
    const text = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalid(path, schedule, text));
  } else if (spec['timeZone'] !== undefined) {
    const text = 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    errors.push(invalid(path, schedule, text));
  }
  return errors;
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateTimeZone(path: string, name: string | undefined): FieldError[] {
  if (name === undefined) return [];
  if (name === '') return [invalid(path, name, 'timeZone must be nil or non-empty string')];
  const isNamePart = (part: string): boolean =>
    part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part);
  if (!name.split('/').every(isNamePart)) {
    return [invalid(path, name, `unknown time zone ${name}`)];
  }
  const errors: FieldError[] = [];
  if (name.toLowerCase() === 'local') {
    const text =
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(invalid(path, name, text));
  }
  // The one name that is known beside those of the database.
  const problem = name === 'Local' ? undefined : refusal(() => new TimeZone(name));
  if (problem !== undefined) errors.push(invalid(path, name, problem));
  return errors;
}

function validateJobTemplate(path: string, spec: JsonObject): FieldError[] {
  const errors = validateJobSpec(path, spec);
  const selector = spec['selector'] as JsonObject | undefined;
  if (selector !== undefined) {
    const text = '`selector` will be auto-generated';
    errors.push(invalid(`${path}.selector`, shownSelector(selector), text));
  }
  if (spec['manualSelector'] === true) {
    errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  }
  return errors;
}
