import { asError } from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { PodControl } from '../pods/pod-control.ts';
import { isPodReady } from '../pods/pod-state.ts';
import { slowStart } from '../pods/slow-start.ts';
import { IndexSet } from './index-set.ts';
import { isSuspended } from './job-conditions.ts';
import {
  allFailuresOf,
  finishedAtMs,
  isIndexed,
  isLimitedPerIndex,
  isTerminatingPod,
  waitsForTermination,
  type ReadonlyJob,
  type ReadonlyPod,
} from './job-pods.ts';
import { indexesOf, type JobTally } from './job-tally.ts';
import { remainingMs, type PodBackoff } from './pod-backoff.ts';
import { podOf, podOfIndex } from './pod-template.ts';
import { podsToRemove } from './pods-to-remove.ts';
import { releasePod } from './release-pod.ts';

/** How many pods there are, as the status tells it. */
export interface PodCounts {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
}

/** What the pods of a Job are changed by. */
export interface JobPodChangesOptions {
  readonly job: ReadonlyJob;
  readonly tally: JobTally;
  readonly backoff: PodBackoff;
  readonly context: ReconcileContext;
  readonly events: CoreEventRecorder;
  readonly nowMs: number;
}

/** Most pods made or deleted at a time; as in the field's controller. */
const maxChanges = 500;

/** Brings the number of pods to what the Job wants, and keeps count meanwhile. */
export class JobPodChanges {
  readonly #options: JobPodChangesOptions;
  readonly #control: PodControl;
  #counts: PodCounts;
  #failure: Error | undefined;
  #retryInMs: number | undefined;

  constructor(options: JobPodChangesOptions) {
    const { job: owner, tally, context, events } = options;
    this.#options = options;
    this.#control = new PodControl({ owner, context, events });
    const { active, ready, terminating } = tally;
    this.#counts = { active: active.length, ready, terminating };
  }

  get counts(): PodCounts {
    return this.#counts;
  }

  /** The first error; what could be done was done, and is in the counts. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Milliseconds until pods may be made that are kept back now; undefined when none is. */
  get retryInMs(): number | undefined {
    return this.#retryInMs;
  }

  /** Deletes all active pods; they keep their finalizers until they are counted. */
  async removeActive(): Promise<void> {
    await this.#remove(this.#options.tally.active);
  }

  /** Makes missing pods or deletes surplus ones; those are not counted as failures. */
  async resize(): Promise<void> {
    const { job, tally, nowMs } = this.#options;
    const { active } = tally;
    const wanted = isSuspended(job) ? 0 : wantedPods(job, tally);
    const surplus = podsToRemove(job, active, Math.max(0, active.length - wanted), nowMs);
    if (surplus.length > 0) {
      await this.#remove(surplus.slice(0, maxChanges), (pod) =>
        releasePod(pod, this.#options.context),
      );
      return; // what is missing besides follows when this one shows
    }
    const occupied = active.length + (waitsForTermination(job.spec) ? tally.terminating : 0);
    const missing = Math.min(wanted - occupied, maxChanges);
    if (missing > 0) await this.#create(missing);
  }

  async #create(missing: number): Promise<void> {
    const { job, backoff, tally, nowMs } = this.#options;
    const waitMs = isLimitedPerIndex(job) ? 0 : remainingMs(backoff, nowMs);
    if (waitMs > 0) {
      this.#retryInMs = waitMs;
      return;
    }
    const awaited = tally.indexes?.awaitingReplacement;
    const pods = isIndexed(job)
      ? this.#dueIndexes(missing).map((index) => podOfIndex(job, index, awaited?.get(index)))
      : Array.from({ length: missing }, () => podOf(job));
    const { made, error } = await slowStart(pods.length, async () => {
      const pod = pods.shift();
      await this.#control.create(pod?.template, pod?.prefix);
    });
    this.#failure = error === undefined ? undefined : asError(error);
    this.#counts = { ...this.#counts, active: this.#counts.active + made };
  }

  /** The indexes that want a pod and may have it now. */
  #dueIndexes(missing: number): number[] {
    const { job, tally, nowMs } = this.#options;
    const { indexes, active, pods } = tally;
    const taken = [
      indexes?.succeeded,
      indexes?.failed,
      indexesOf(active),
      waitsForTermination(job.spec) ? indexesOf(pods.filter(isTerminatingPod)) : undefined,
    ].reduce<IndexSet>(
      (all, some) => (some === undefined ? all : all.union(some)),
      IndexSet.of([]),
    );
    const pending = taken.firstMissing(missing, job.spec?.completions ?? 0);
    const waits = pending.map((index) => {
      const pod = indexes?.awaitingReplacement.get(index);
      return pod === undefined ? 0 : remainingMs(backoffOfIndex(pod), nowMs);
    });
    const due = pending.filter((_, position) => waits[position] === 0);
    if (due.length === 0 && waits.length > 0) this.#retryInMs = Math.min(...waits);
    return due;
  }

  async #remove(
    pods: readonly ReadonlyPod[],
    prepare: (pod: ReadonlyPod) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        await prepare(pod);
        await this.#control.delete(pod);
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    this.#failure = failed && asError(failed.reason);
    const removed = pods.filter((_, index) => results[index]?.status === 'fulfilled');
    const { active, ready, terminating } = this.#counts;
    this.#counts = {
      active: active - removed.length,
      ready: ready - removed.filter(isPodReady).length,
      terminating: terminating + removed.length,
    };
  }
}

function wantedPods({ spec }: ReadonlyJob, { succeeded, active }: JobTally): number {
  const { completions, parallelism = 1 } = spec ?? {};
  if (completions !== undefined) {
    return Math.max(0, Math.min(completions - succeeded, parallelism));
  }
  // After one success the pods that run may end, and no more are made.
  return succeeded > 0 ? active.length : parallelism;
}

/** The back-off of an index, by the last of its pods that failed. */
function backoffOfIndex(pod: ReadonlyPod): PodBackoff {
  return { failures: allFailuresOf(pod) + 1, lastFailureMs: finishedAtMs(pod) };
}
