import {
  asError,
  deepEqual,
  formatTime,
  fromLabelSelector,
  Job,
  Pod,
  type JobCondition,
  type JobStatus,
  type Stored,
} from '@kubewright/apimachinery';
import {
  controllerUidIndex,
  done,
  requeueAfter,
  type ReconcileContext,
  type Result,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { claim } from '../ownership/claim.ts';
import type { BackoffRecords } from './backoff-records.ts';
import { countPods, settleCounted } from './count-pods.ts';
import {
  conditionTypes,
  isSuspended,
  jobCondition,
  withJobCondition,
  type Verdict,
} from './job-conditions.ts';
import { JobPodChanges, type PodCounts } from './job-pod-changes.ts';
import { releasePod } from './release-pod.ts';
import { isTracked, trackingFinalizer, type ReadonlyJob, type ReadonlyPod } from './job-pods.ts';
import { tallyOf, type JobTally } from './job-tally.ts';
import { completionsReached, deadlineMs, verdictOf } from './job-verdict.ts';
import { withFinishedPods } from './pod-backoff.ts';

/** What a look at a Job is made with. */
export interface JobSyncOptions {
  readonly job: ReadonlyJob;
  readonly context: ReconcileContext;
  readonly events: CoreEventRecorder;
  readonly backoffs: BackoffRecords;
  readonly nowMs: number;
}

/**
 * One look at one Job that has not ended: makes and deletes pods, counts those that ended, and says how it goes.
 *
 * Assumptions: the cache shows one's own writes at once, so there is no need to remember what was made or deleted.
 */
export class JobSync {
  readonly #options: JobSyncOptions;
  /** The Job as it was written last. */
  #stored: ReadonlyJob;

  constructor(options: JobSyncOptions) {
    this.#options = options;
    this.#stored = options.job;
  }

  async run(): Promise<Result> {
    const { job, context, events, backoffs, nowMs } = this.#options;
    const tally = tallyOf(job, await this.#claimPods());
    // Copied, because the cache's own must not change.
    const status = structuredClone(job.status ?? {}) as JobStatus;
    if (!isSuspended(job)) status.startTime ??= this.#now();
    const backoff = withFinishedPods(
      backoffs.of(job, tally.pods),
      tally.newlySucceeded,
      tally.newlyFailed,
    );
    const changes = new JobPodChanges({ job, tally, backoff, context, events, nowMs });
    let verdict = verdictOf(job, tally, status.startTime, nowMs);
    if (verdict !== undefined) {
      await changes.removeActive();
      // Not yet: pods that could not be deleted would be left running.
      if (changes.failure !== undefined) verdict = undefined;
    } else {
      const isManaged = job.metadata.deletionTimestamp === undefined;
      if (isManaged) await changes.resize();
      if (isReached(job, tally, changes.counts)) verdict = completionsReached;
      else if (isManaged) this.#noteSuspension(status);
    }
    await this.#track(status, tally, verdict, changes.counts, () => {
      backoffs.set(job, backoff);
    });
    if (changes.failure !== undefined) throw changes.failure;
    const untilDeadlineMs = (deadlineMs(job, status.startTime) ?? Infinity) - nowMs;
    const checkInMs = Math.min(
      changes.retryInMs ?? Infinity,
      verdict === undefined ? untilDeadlineMs : Infinity,
    );
    return checkInMs === Infinity ? done() : requeueAfter(checkInMs);
  }

  async #claimPods(): Promise<readonly ReadonlyPod[]> {
    const { job, context } = this.#options;
    await claim({
      context,
      owner: job,
      ownerResource: Job,
      childResource: Pod,
      selector: fromLabelSelector(job.spec?.selector),
      finalizer: trackingFinalizer,
    });
    // Read anew: what was just adopted has its finalizer now.
    return context.cache.list(Pod, {
      index: { name: controllerUidIndex, value: job.metadata.uid },
    });
  }

  #noteSuspension(status: JobStatus): void {
    const { job, events } = this.#options;
    const isResting = isSuspended(job);
    const condition = isResting
      ? this.#condition('Suspended', 'True', { reason: 'JobSuspended', message: 'Job suspended' })
      : this.#condition('Suspended', 'False', { reason: 'JobResumed', message: 'Job resumed' });
    const conditions = withJobCondition(status.conditions ?? [], condition);
    if (conditions === undefined) return;
    status.conditions = conditions;
    // The time for the deadline begins when the Job goes on.
    status.startTime = isResting ? undefined : this.#now();
    const reason = isResting ? 'Suspended' : 'Resumed';
    events.recordOn(job, 'Normal', reason, `Job ${reason.toLowerCase()}`);
  }

  /** Counts pods in the three steps that {@link countPods} tells of, and states the end when all are counted. */
  async #track(
    before: JobStatus,
    tally: JobTally,
    verdict: Verdict | undefined,
    counts: PodCounts,
    whenNamed: () => void,
  ): Promise<void> {
    const { job } = this.#options;
    const held = new Set(tally.pods.filter(isTracked).map(({ metadata }) => metadata.uid));
    const settled = settleCounted({ ...before, ...counts }, held);
    const counting = countPods(job, tally, verdict, settled.uncountedTerminatedPods ?? {});
    const { succeeded, failed, toRelease } = counting;
    const named = this.#announce(
      { ...settled, ...indexStatus(tally), uncountedTerminatedPods: { succeeded, failed } },
      verdict,
    );
    await this.#write(named);
    whenNamed();
    const results = await Promise.allSettled(
      toRelease.map(async (pod) => {
        await releasePod(pod, this.#options.context);
        held.delete(pod.metadata.uid);
      }),
    );
    const counted = settleCounted(named, held);
    const final = counting.isPartial ? undefined : this.#finish(counted, verdict, counts);
    await this.#write(final ?? counted);
    if (final !== undefined && verdict !== undefined) this.#tellFinished(final, verdict);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw asError(failure.reason);
  }

  /** Says that the Job is about to end, before its pods are let go and with them the proof. */
  #announce(status: JobStatus, verdict: Verdict | undefined): JobStatus {
    if (verdict === undefined) return status;
    const { target } = conditionTypes[verdict.outcome];
    const conditions = status.conditions ?? [];
    if (conditions.some(({ type, status: holds }) => type === target && holds === 'True')) {
      return status;
    }
    return { ...status, conditions: [...conditions, this.#condition(target, 'True', verdict)] };
  }

  /** The status of the Job that has ended; undefined while pods are not counted or not gone. */
  #finish(
    status: JobStatus,
    verdict: Verdict | undefined,
    counts: PodCounts,
  ): JobStatus | undefined {
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
    if (verdict === undefined || succeeded.length + failed.length + counts.terminating > 0) {
      return undefined;
    }
    const { outcome } = verdict;
    const condition = this.#condition(conditionTypes[outcome].final, 'True', verdict);
    const conditions = withJobCondition(status.conditions ?? [], condition);
    return {
      ...status,
      ...(conditions && { conditions }),
      ...(outcome === 'succeeded' ? { completionTime: condition.lastTransitionTime } : {}),
    };
  }

  #tellFinished({ succeeded = 0 }: JobStatus, { outcome, reason, message }: Verdict): void {
    const { job, events } = this.#options;
    if (outcome === 'failed') {
      events.recordOn(job, 'Warning', reason, message);
      return;
    }
    if (succeeded > (job.spec?.completions ?? Infinity)) {
      const text = 'Too many succeeded pods running after completion count reached';
      events.recordOn(job, 'Warning', 'TooManySucceededPods', text);
    }
    events.recordOn(job, 'Normal', 'Completed', 'Job completed');
  }

  async #write(status: JobStatus): Promise<void> {
    const { client, signal } = this.#options.context;
    const tidy = withoutZeros(status);
    if (deepEqual(this.#stored.status ?? {}, tidy)) return;
    // Copied into the request, not changed: dropping the mark is safe.
    const wanted = { ...this.#stored, status: tidy } as Stored<Job>;
    this.#stored = await client.updateStatus(Job, wanted, { signal });
  }

  #condition(
    type: string,
    status: 'True' | 'False',
    words: Pick<Verdict, 'reason' | 'message'>,
  ): JobCondition {
    return jobCondition(type, status, words, this.#options.nowMs);
  }

  #now(): string {
    return formatTime(new Date(this.#options.nowMs));
  }
}

/** All successes are there, and nothing runs any more. */
function isReached({ spec }: ReadonlyJob, { succeeded }: JobTally, { active }: PodCounts): boolean {
  // Without a number of completions one success is enough, once the others have ended.
  return active === 0 && succeeded >= (spec?.completions ?? 1);
}

function indexStatus({ indexes }: JobTally): Partial<JobStatus> {
  if (indexes === undefined) return {};
  return {
    succeeded: indexes.succeeded.size,
    completedIndexes: indexes.succeeded.toString(),
    ...(indexes.failed === undefined ? {} : { failedIndexes: indexes.failed.toString() }),
  };
}

/** The API leaves these out when there is nothing to tell. */
function withoutZeros(status: JobStatus): JobStatus {
  const { active, succeeded, failed, completedIndexes, conditions, ...rest } = status;
  const { uncountedTerminatedPods: uncounted = {} } = rest;
  return {
    ...rest,
    ...(active ? { active } : {}),
    ...(succeeded ? { succeeded } : {}),
    ...(failed ? { failed } : {}),
    ...(completedIndexes ? { completedIndexes } : {}),
    ...(conditions?.length ? { conditions } : {}),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded?.length ? { succeeded: uncounted.succeeded } : {}),
      ...(uncounted.failed?.length ? { failed: uncounted.failed } : {}),
    },
  };
}
