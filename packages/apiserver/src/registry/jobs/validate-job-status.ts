import { deepEqual, isConditionTrue } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  invalid,
  invalidTogether,
  required,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { immutable, nonNegative } from '../validation/value-rules.ts';
import { firstSharedIndex, parseIndexList } from './index-list.ts';

/** A status with what the rules ask of it. */
interface JobStatus {
  readonly status: JsonObject;
  readonly startTime: string;
  readonly completionTime: string;
  readonly completedIndexes: string;
  readonly failedIndexes: string | undefined;
  readonly succeeded: number;
  readonly failed: number;
  readonly isComplete: boolean;
  readonly isFailed: boolean;
  readonly isFinished: boolean;
  is(condition: string): boolean;
}

function statusOf(job: JsonObject): JobStatus {
  const status = objectAt(job, 'status');
  // Decoded: a list of conditions.
  const conditions = listAt(status, 'conditions') as { type: string; status: string }[];
  const is = (type: string): boolean => isConditionTrue(conditions, type);
  return {
    status,
    startTime: textAt(status, 'startTime'),
    completionTime: textAt(status, 'completionTime'),
    completedIndexes: textAt(status, 'completedIndexes'),
    failedIndexes: status['failedIndexes'] as string | undefined,
    succeeded: numberAt(status, 'succeeded') ?? 0,
    failed: numberAt(status, 'failed') ?? 0,
    isComplete: is('Complete'),
    isFailed: is('Failed'),
    isFinished: is('Complete') || is('Failed'),
    is,
  };
}

/**
 * Rules for what a Job may become: counters do not run back, an end is not taken back, and each end is announced before
 * it comes. What was wrong before and does not change is let be, so that the rest can be put right.
 */
export function validateJobStatusUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const now = statusOf(object);
  const before = statusOf(old);
  return [
    ...validateNumbers(now),
    ...validateUncounted(objectAt(now.status, 'uncountedTerminatedPods')),
    ...validateEnd(spec, now, before),
    ...validateIndexes(spec, now, before),
    ...validatePods(now, before),
    ...validateSuccess(spec, now),
    ...validateHistory(spec, now, before),
  ];
}

function changes(name: string, now: JobStatus, before: JobStatus): boolean {
  return !deepEqual(now.status[name], before.status[name]);
}

function validateNumbers({ status }: JobStatus): FieldError[] {
  return ['active', 'succeeded', 'failed', 'ready', 'terminating'].flatMap((name) =>
    nonNegative(`status.${name}`, numberAt(status, name)),
  );
}

function validateUncounted(uncounted: JsonObject): FieldError[] {
  const seen = new Set<string>();
  return ['succeeded', 'failed'].flatMap((name) =>
    stringsAt(uncounted, name).flatMap((uid, index) => {
      const field = `status.uncountedTerminatedPods.${name}[${index}]`;
      if (uid === '') return [invalid(field, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(field, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

function validateEnd(spec: JsonObject, now: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const conflict = (text: string): void => {
    errors.push(invalidTogether('status.conditions', text));
  };
  const hasCompleted = now.isComplete !== before.isComplete;
  const hasFailed = now.isFailed !== before.isFailed;
  const hasFinished = now.isFinished !== before.isFinished;
  const startChanges = changes('startTime', now, before);
  const completionChanges = changes('completionTime', now, before);
  const { completionTime, startTime } = now;
  if ((hasCompleted || hasFailed) && now.isComplete && now.isFailed) {
    conflict('cannot set Complete=True and Failed=true conditions');
  }
  const hasNewTarget = now.is('FailureTarget') !== before.is('FailureTarget');
  if ((hasCompleted || hasNewTarget) && now.isComplete && now.is('FailureTarget')) {
    conflict('cannot set Complete=True and FailureTarget=true conditions');
  }
  if ((hasCompleted || completionChanges) && completionTime !== '' && !now.isComplete) {
    const text = 'cannot set completionTime when there is no Complete=True condition';
    errors.push(invalid('status.completionTime', completionTime, text));
  }
  if ((hasCompleted || completionChanges) && completionTime === '' && now.isComplete) {
    const text = 'completionTime is required for Complete jobs';
    errors.push(required('status.completionTime', text));
  }
  const hasTimes = startTime !== '' && completionTime !== '';
  if ((startChanges || completionChanges) && hasTimes && isBefore(completionTime, startTime)) {
    const text = 'must be equal to or after `startTime`';
    errors.push(invalid('status.completionTime', completionTime, text));
  }
  const failedIndexesChange = changes('failedIndexes', now, before);
  if ((hasFailed || failedIndexesChange) && now.isFailed && !now.is('FailureTarget')) {
    conflict('cannot set Failed=True condition without the FailureTarget=true condition');
  }
  const hasNewSuccess = now.is('SuccessCriteriaMet') !== before.is('SuccessCriteriaMet');
  if ((hasCompleted || hasNewSuccess) && now.isComplete && !now.is('SuccessCriteriaMet')) {
    conflict('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  }
  const active = numberAt(now.status, 'active') ?? 0;
  if ((hasFinished || changes('active', now, before)) && active > 0 && now.isFinished) {
    errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'));
  }
  const neverStarts = spec['suspend'] === true && spec['completions'] === 0;
  if ((hasFinished || startChanges) && !neverStarts && startTime === '' && now.isFinished) {
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  }
  const uncounted = objectAt(now.status, 'uncountedTerminatedPods');
  const count = stringsAt(uncounted, 'succeeded').length + stringsAt(uncounted, 'failed').length;
  const uncountedChanges = changes('uncountedTerminatedPods', now, before);
  if ((hasFinished || uncountedChanges) && count > 0 && now.isFinished) {
    const shown = {
      Succeeded: (uncounted['succeeded'] ?? null) as unknown,
      Failed: (uncounted['failed'] ?? null) as unknown,
    };
    const text = 'must be empty for finished job';
    errors.push(invalid('status.uncountedTerminatedPods', shown, text));
  }
  return errors;
}

function isBefore(left: string, right: string): boolean {
  return Date.parse(left) < Date.parse(right);
}

function validateIndexes(spec: JsonObject, now: JobStatus, before: JobStatus): FieldError[] {
  const completions = numberAt(spec, 'completions');
  const isLimited = numberAt(spec, 'backoffLimitPerIndex') !== undefined;
  const { completedIndexes, failedIndexes } = now;
  const completedChange = completedIndexes !== before.completedIndexes;
  const failedChange = failedIndexes !== before.failedIndexes;
  const errors: FieldError[] = [];
  const completed = parseIndexList(completedIndexes, completions ?? 0);
  const failed = parseIndexList(failedIndexes ?? '', completions ?? 0);
  const refuse = (name: string, value: unknown, text: string): void => {
    errors.push(invalid(`status.${name}`, value, text));
  };
  if (completedChange && completions !== undefined && typeof completed === 'string') {
    const text = `error parsing completedIndexes: ${completed}`;
    refuse('completedIndexes', completedIndexes, text);
  }
  if (failedChange && completions !== undefined && isLimited && typeof failed === 'string') {
    refuse('failedIndexes', failedIndexes, `error parsing failedIndexes: ${failed}`);
  }
  if (completedChange && completedIndexes !== '' && spec['completionMode'] !== 'Indexed') {
    const text = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    refuse('completedIndexes', completedIndexes, text);
  }
  if (failedChange && failedIndexes !== undefined && !isLimited) {
    const text = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    refuse('failedIndexes', failedIndexes, text);
  }
  const areReadable = typeof completed !== 'string' && typeof failed !== 'string';
  if ((completedChange || failedChange) && completions !== undefined && areReadable) {
    const shared = firstSharedIndex(completed, failed);
    if (shared !== undefined) {
      const text = `failedIndexes and completedIndexes overlap at index: ${shared}`;
      refuse('failedIndexes', failedIndexes, text);
    }
  }
  return errors;
}

function validatePods(now: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const terminating = numberAt(now.status, 'terminating') ?? 0;
  const hasFinished = now.isFinished !== before.isFinished;
  if ((hasFinished || changes('terminating', now, before)) && terminating > 0 && now.isFinished) {
    const text = 'terminating>0 is invalid for finished job';
    errors.push(invalid('status.terminating', terminating, text));
  }
  const ready = numberAt(now.status, 'ready') ?? 0;
  const countsChange = changes('ready', now, before) || changes('active', now, before);
  if (countsChange && ready > (numberAt(now.status, 'active') ?? 0)) {
    errors.push(invalid('status.ready', ready, 'cannot set more ready pods than active'));
  }
  return errors;
}

function validateSuccess(spec: JsonObject, now: JobStatus): FieldError[] {
  const isMet = now.is('SuccessCriteriaMet');
  const texts = [
    isMet && now.isFailed ? 'cannot set SuccessCriteriaMet=True and Failed=true conditions' : '',
    isMet && now.is('FailureTarget')
      ? 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'
      : '',
    spec['successPolicy'] !== undefined && !isMet && now.isComplete
      ? 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'
      : '',
  ];
  return texts
    .filter((text) => text !== '')
    .map((text) => invalidTogether('status.conditions', text));
}

function validateHistory(spec: JsonObject, now: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (before.is(type) && !now.is(type)) {
      const text = `cannot disable the terminal ${type}=True condition`;
      errors.push(invalidTogether('status.conditions', text));
    }
  }
  if (now.failed < before.failed) {
    errors.push(invalid('status.failed', now.failed, 'cannot decrease the failed counter'));
  }
  // An Indexed Job may be made smaller.
  const isElastic =
    spec['completionMode'] === 'Indexed' && spec['completions'] === spec['parallelism'];
  if (!isElastic && now.succeeded < before.succeeded) {
    const text = 'cannot decrease the succeeded counter';
    errors.push(invalid('status.succeeded', now.succeeded, text));
  }
  const { completionTime, startTime } = now;
  const hadEnd = completionTime !== '' && before.completionTime !== '';
  if (hadEnd && completionTime !== before.completionTime) {
    errors.push(immutable('status.completionTime', completionTime));
  }
  const resumes = before.is('Suspended') && isConditionFalse(now.status, 'Suspended');
  const startMoves = before.startTime !== '' && startTime !== before.startTime;
  if (startMoves && !resumes && spec['suspend'] !== true) {
    const text = 'field is immutable for unsuspended job once set';
    errors.push(invalid('status.startTime', startTime === '' ? undefined : startTime, text));
  }
  const hadSuccess = before.is('SuccessCriteriaMet');
  if (hadSuccess && !now.is('SuccessCriteriaMet')) {
    const text = 'cannot disable the SuccessCriteriaMet=True condition';
    errors.push(invalidTogether('status.conditions', text));
  }
  if (before.isComplete && !hadSuccess && now.is('SuccessCriteriaMet')) {
    const text = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    errors.push(invalidTogether('status.conditions', text));
  }
  return errors;
}

function isConditionFalse(status: JsonObject, type: string): boolean {
  return listAt(status, 'conditions').some(
    (condition) => condition['type'] === type && condition['status'] === 'False',
  );
}
