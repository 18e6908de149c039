import { isActivePod, isPodReady } from '../pods/pod-state.ts';
import {
  isLimitedPerIndex,
  allFailuresOf,
  completionIndexOf,
  failureCountOf,
  finishedAtMs,
  isFailedPod,
  isIndexed,
  isTerminatingPod,
  isTracked,
  type ReadonlyJob,
  type ReadonlyPod,
} from './job-pods.ts';
import { IndexSet } from './index-set.ts';
import { judgeFailure } from './pod-failure-policy.ts';

/** What the pods of a Job amount to, together with what was counted before. */
export interface JobTally {
  readonly pods: readonly ReadonlyPod[];
  readonly active: readonly ReadonlyPod[];
  readonly ready: number;
  readonly terminating: number;
  /** Pods that ended and are not counted, nor about to be. */
  readonly newlySucceeded: readonly ReadonlyPod[];
  readonly newlyFailed: readonly ReadonlyPod[];
  /** Successes and failures, counted or not. */
  readonly succeeded: number;
  readonly failed: number;
  /** Undefined for a Job without indexes. */
  readonly indexes: IndexTally | undefined;
}

/** What became of the indexes. */
export interface IndexTally {
  /** As the status has them. */
  readonly counted: IndexSet;
  readonly succeeded: IndexSet;
  /** Undefined without a limit per index. */
  readonly failed: IndexSet | undefined;
  /** By index: the failed pod whose failures its replacement takes over; it is kept until then. */
  readonly awaitingReplacement: ReadonlyMap<number, ReadonlyPod>;
}

/** Counts the pods of a Job. */
export function tallyOf(job: ReadonlyJob, pods: readonly ReadonlyPod[]): JobTally {
  const { spec, status } = job;
  const uncounted = {
    succeeded: new Set(status?.uncountedTerminatedPods?.succeeded),
    failed: new Set(status?.uncountedTerminatedPods?.failed),
  };
  const countable = pods.filter((pod) => isTracked(pod) && hasPlace(job, pod));
  const newlySucceeded = countable.filter(
    (pod) => pod.status?.phase === 'Succeeded' && !uncounted.succeeded.has(pod.metadata.uid),
  );
  const newlyFailed = countable.filter(
    (pod) => isFailedPod(pod, spec) && !uncounted.failed.has(pod.metadata.uid),
  );
  const countedFailures = newlyFailed.filter(
    (pod) => judgeFailure(spec?.podFailurePolicy, pod).isCounted,
  );
  const active = pods.filter(isActivePod);
  const indexes = isIndexed(job) ? indexTallyOf(job, countable, active) : undefined;
  return {
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isTerminatingPod).length,
    newlySucceeded,
    newlyFailed,
    succeeded:
      indexes?.succeeded.size ??
      (status?.succeeded ?? 0) + newlySucceeded.length + uncounted.succeeded.size,
    failed: (status?.failed ?? 0) + countedFailures.length + uncounted.failed.size,
    indexes,
  };
}

/** A pod of an Indexed Job without an index, or with one the Job does not have, counts for nothing. */
export function hasPlace(job: ReadonlyJob, pod: ReadonlyPod): boolean {
  return !isIndexed(job) || (completionIndexOf(pod) ?? Infinity) < (job.spec?.completions ?? 0);
}

/** The indexes that pods work on. */
export function indexesOf(pods: readonly ReadonlyPod[]): IndexSet {
  return IndexSet.of(pods.map(completionIndexOf).filter((index) => index !== undefined));
}

function indexTallyOf(
  job: ReadonlyJob,
  countable: readonly ReadonlyPod[],
  active: readonly ReadonlyPod[],
): IndexTally {
  const { spec, status } = job;
  const completions = spec?.completions ?? 0;
  const counted = IndexSet.parse(status?.completedIndexes ?? '', completions);
  const succeeded = counted.union(
    indexesOf(countable.filter((pod) => pod.status?.phase === 'Succeeded')),
  );
  if (!isLimitedPerIndex(job)) {
    return { counted, succeeded, failed: undefined, awaitingReplacement: new Map() };
  }
  const failed = IndexSet.parse(status?.failedIndexes ?? '', completions).union(
    indexesOf(countable.filter((pod) => endsIndex(job, pod))),
  );
  const settled = succeeded.union(failed).union(indexesOf(active));
  return {
    counted,
    succeeded,
    failed,
    awaitingReplacement: latestFailures(
      countable.filter(
        (pod) => isFailedPod(pod, spec) && !settled.has(completionIndexOf(pod) ?? -1),
      ),
    ),
  };
}

/** Whether the failure of a pod is the last one its index may have. */
function endsIndex({ spec }: ReadonlyJob, pod: ReadonlyPod): boolean {
  if (!isFailedPod(pod, spec)) return false;
  const { action, isCounted } = judgeFailure(spec?.podFailurePolicy, pod);
  if (action === 'FailIndex') return true;
  return isCounted && failureCountOf(pod) >= (spec?.backoffLimitPerIndex ?? Infinity);
}

/** Of the failed pods of each index the one with most failures behind it, the later one of two. */
function latestFailures(pods: readonly ReadonlyPod[]): ReadonlyMap<number, ReadonlyPod> {
  const latest = new Map<number, ReadonlyPod>();
  for (const pod of pods) {
    const index = completionIndexOf(pod) ?? -1;
    const other = latest.get(index);
    const isLater =
      other === undefined ||
      (allFailuresOf(other) <= allFailuresOf(pod) && finishedAtMs(other) <= finishedAtMs(pod));
    if (isLater) latest.set(index, pod);
  }
  return latest;
}
