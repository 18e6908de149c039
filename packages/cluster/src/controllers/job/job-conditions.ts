import {
  formatTime,
  isConditionTrue,
  type DeepReadonly,
  type Job,
  type JobCondition,
} from '@kubewright/apimachinery';

/** Why a Job ends, and how. */
export interface Verdict {
  readonly outcome: 'succeeded' | 'failed';
  readonly reason: string;
  readonly message: string;
}

/** What announces an end, and what states it once all pods are counted and gone. */
export const conditionTypes = {
  succeeded: { target: 'SuccessCriteriaMet', final: 'Complete' },
  failed: { target: 'FailureTarget', final: 'Failed' },
} as const;

/** Whether the Job has ended. */
export function isFinishedJob(job: DeepReadonly<Job>): boolean {
  return finishOf(job) !== undefined;
}

/** The condition that says how the Job has ended. */
export function finishOf(job: DeepReadonly<Job>): DeepReadonly<JobCondition> | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

/** The end that was announced before. */
export function announcedVerdict(job: DeepReadonly<Job>): Verdict | undefined {
  for (const outcome of ['succeeded', 'failed'] as const) {
    const { target } = conditionTypes[outcome];
    const condition = job.status?.conditions?.find(({ type }) => type === target);
    if (condition?.status !== 'True') continue;
    const { reason = '', message = '' } = condition;
    return { outcome, reason, message };
  }
  return undefined;
}

/** A condition as the field's Job controller writes it. */
export function jobCondition(
  type: string,
  status: 'True' | 'False',
  { reason, message }: Pick<Verdict, 'reason' | 'message'>,
  nowMs: number,
): JobCondition {
  const now = formatTime(new Date(nowMs));
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/**
 * The conditions with one of them set, in its place or at the end; undefined when that changes nothing. One that was
 * never there is not added to say that it does not hold.
 */
export function withJobCondition(
  conditions: readonly JobCondition[],
  wanted: JobCondition,
): JobCondition[] | undefined {
  const index = conditions.findIndex(({ type }) => type === wanted.type);
  if (index < 0) return wanted.status === 'False' ? undefined : [...conditions, wanted];
  const { status, reason, message } = conditions[index] ?? wanted;
  const isSame = status === wanted.status && reason === wanted.reason && message === wanted.message;
  return isSame ? undefined : conditions.with(index, wanted);
}

/** Whether the Job is to rest. */
export function isSuspended(job: DeepReadonly<Job>): boolean {
  return job.spec?.suspend === true;
}

/** Whether a Job that has ended reached its goal. */
export function hasSucceeded(job: DeepReadonly<Job>): boolean {
  return isConditionTrue(job.status?.conditions, 'Complete');
}
