import type { JobStatus, UncountedTerminatedPods } from '@kubewright/apimachinery';
import type { Verdict } from './job-conditions.ts';
import {
  completionIndexOf,
  isFailedPod,
  isTracked,
  type ReadonlyJob,
  type ReadonlyPod,
} from './job-pods.ts';
import { hasPlace, type JobTally } from './job-tally.ts';
import { judgeFailure } from './pod-failure-policy.ts';

/** Most pods counted at a time, so that their uids in the status take 20 KB at most; as in the field's controller. */
const maxUncounted = 500;

/** Pods that ended and are to be let go, in the order of their counting. */
export interface Counting {
  readonly toRelease: readonly ReadonlyPod[];
  /** There were more pods than are counted at a time. */
  readonly isPartial: boolean;
  /** Uids for the status. */
  readonly succeeded: string[];
  readonly failed: string[];
}

/**
 * Chooses the pods that are counted now. Each is first named in `status.uncountedTerminatedPods`, then loses its
 * finalizer, and only then adds to a counter and leaves the list: wherever that is cut off, the next look at the Job
 * finds out how far it came, and no pod is counted twice or lost.
 *
 * @param uncounted the pods that are named already
 */
export function countPods(
  job: ReadonlyJob,
  tally: JobTally,
  verdict: Verdict | undefined,
  uncounted: UncountedTerminatedPods,
): Counting {
  const { spec } = job;
  const succeeded = [...(uncounted.succeeded ?? [])];
  const failed = [...(uncounted.failed ?? [])];
  const toRelease: ReadonlyPod[] = [];
  let newIndexes = 0;
  for (const pod of inOrderOfIndexes(tally)) {
    if (!isTracked(pod) || !mayBeReleased(job, tally, verdict, pod)) continue;
    toRelease.push(pod);
    const { uid } = pod.metadata;
    if (pod.status?.phase === 'Succeeded' && !failed.includes(uid)) {
      if (tally.indexes !== undefined) {
        // An index is counted by itself: the list of indexes knows whether it was before.
        if (hasPlace(job, pod) && !tally.indexes.counted.has(completionIndexOf(pod) ?? -1)) {
          newIndexes += 1;
        }
      } else if (!succeeded.includes(uid)) {
        succeeded.push(uid);
      }
    } else if (isFailedPod(pod, spec) || verdict?.outcome === 'failed') {
      // When the Job has failed, what did not succeed until then has failed with it.
      const { isCounted } = judgeFailure(spec?.podFailurePolicy, pod);
      if (isCounted && hasPlace(job, pod) && !failed.includes(uid)) failed.push(uid);
    }
    if (newIndexes + succeeded.length + failed.length >= maxUncounted) {
      return { toRelease, succeeded, failed, isPartial: true };
    }
  }
  return { toRelease, succeeded, failed, isPartial: false };
}

/** Adds to the counters the pods whose finalizer is gone, and takes them off the lists. */
export function settleCounted(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const isHeld = (uid: string): boolean => held.has(uid);
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.filter((uid) => !isHeld(uid)).length,
    failed: (status.failed ?? 0) + failed.filter((uid) => !isHeld(uid)).length,
    uncountedTerminatedPods: {
      succeeded: succeeded.filter(isHeld),
      failed: failed.filter(isHeld),
    },
  };
}

function mayBeReleased(
  { metadata, spec }: ReadonlyJob,
  { indexes }: JobTally,
  verdict: Verdict | undefined,
  pod: ReadonlyPod,
): boolean {
  if (metadata.deletionTimestamp !== undefined || verdict !== undefined) return true;
  if (pod.status?.phase === 'Succeeded') return true;
  if (!isFailedPod(pod, spec)) return false;
  // Its failures are still to be handed over to its replacement.
  const kept = indexes?.awaitingReplacement.get(completionIndexOf(pod) ?? -1);
  return kept?.metadata.uid !== pod.metadata.uid;
}

function inOrderOfIndexes({ pods, indexes }: JobTally): readonly ReadonlyPod[] {
  if (indexes === undefined) return pods;
  return pods.toSorted(
    (left, right) => (completionIndexOf(left) ?? -1) - (completionIndexOf(right) ?? -1),
  );
}
