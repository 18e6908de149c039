import { announcedVerdict, isSuspended, type Verdict } from './job-conditions.ts';
import { isFailedPod, type ReadonlyJob, type ReadonlyPod } from './job-pods.ts';
import type { JobTally } from './job-tally.ts';
import { judgeFailure } from './pod-failure-policy.ts';
import { judgeSuccess } from './success-policy.ts';

/**
 * Whether the Job ends now, apart from having all its successes. Of several reasons the first counts, in the order of the
 * field's controller: what was announced, the policy for failed pods, the limit of failures, the deadline, the limits of
 * failed indexes, the policy for success.
 */
export function verdictOf(
  job: ReadonlyJob,
  tally: JobTally,
  startTime: string | undefined,
  nowMs: number,
): Verdict | undefined {
  return (
    announcedVerdict(job) ??
    failedByPolicy(job, tally.pods) ??
    failedByLimits(job, tally, startTime, nowMs) ??
    failedByIndexes(job, tally) ??
    succeededByPolicy(job, tally)
  );
}

/** The end of a Job that has all its successes. */
export const completionsReached: Verdict = {
  outcome: 'succeeded',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/** When the deadline is, in milliseconds since the epoch; undefined without one, and while the Job rests. */
export function deadlineMs(job: ReadonlyJob, startTime: string | undefined): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || startTime === undefined || isSuspended(job)) return undefined;
  return Date.parse(startTime) + seconds * 1000;
}

function failed(reason: string, message: string): Verdict {
  return { outcome: 'failed', reason, message };
}

function failedByPolicy({ spec }: ReadonlyJob, pods: readonly ReadonlyPod[]): Verdict | undefined {
  for (const pod of pods) {
    if (!isFailedPod(pod, spec)) continue;
    const { action, message } = judgeFailure(spec?.podFailurePolicy, pod);
    if (action === 'FailJob') return failed('PodFailurePolicy', message);
  }
  return undefined;
}

function failedByLimits(
  job: ReadonlyJob,
  tally: JobTally,
  startTime: string | undefined,
  nowMs: number,
): Verdict | undefined {
  const limit = job.spec?.backoffLimit ?? 6;
  if (tally.failed > limit || hasTooManyRestarts(job, tally.pods, limit)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (nowMs >= (deadlineMs(job, startTime) ?? Infinity)) {
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  return undefined;
}

/** Where containers start anew in their pod, it is their restarts that count. */
function hasTooManyRestarts(
  { spec }: ReadonlyJob,
  pods: readonly ReadonlyPod[],
  limit: number,
): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return restarts >= Math.max(1, limit);
}

function failedByIndexes({ spec }: ReadonlyJob, { indexes }: JobTally): Verdict | undefined {
  const failures = indexes?.failed?.size ?? 0;
  if (failures > (spec?.maxFailedIndexes ?? Infinity)) {
    return failed(
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    );
  }
  const settled = failures + (indexes?.succeeded.size ?? 0);
  return failures > 0 && settled >= (spec?.completions ?? 0)
    ? failed('FailedIndexes', 'Job has failed indexes')
    : undefined;
}

function succeededByPolicy({ spec }: ReadonlyJob, { indexes }: JobTally): Verdict | undefined {
  if (indexes === undefined) return undefined;
  const message = judgeSuccess(spec?.successPolicy, spec?.completions ?? 0, indexes.succeeded);
  return message === undefined
    ? undefined
    : { outcome: 'succeeded', reason: 'SuccessPolicy', message };
}
