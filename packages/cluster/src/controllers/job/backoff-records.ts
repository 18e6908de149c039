import { keyOf } from '@kubewright/apimachinery';
import { isFailedPod, isTracked, type ReadonlyJob, type ReadonlyPod } from './job-pods.ts';
import { noBackoff, withFinishedPods, type PodBackoff } from './pod-backoff.ts';

/**
 * How long each Job's pods are kept back. It is no part of the API: a controller that was started anew goes by the pods
 * that were counted before and are still there.
 */
export class BackoffRecords {
  /** By key of the Job. Invariant: holds Jobs that have not ended. */
  readonly #records = new Map<string, { readonly uid: string; readonly backoff: PodBackoff }>();

  /** The back-off from the pods that are counted. */
  of(job: ReadonlyJob, pods: readonly ReadonlyPod[]): PodBackoff {
    const record = this.#records.get(keyOf(job));
    if (record?.uid === job.metadata.uid) return record.backoff;
    const counted = pods.filter((pod) => !isTracked(pod));
    return withFinishedPods(
      noBackoff,
      counted.filter(({ status }) => status?.phase === 'Succeeded'),
      counted.filter((pod) => isFailedPod(pod, job.spec)),
    );
  }

  /** Takes down the back-off of a Job. */
  set(job: ReadonlyJob, backoff: PodBackoff): void {
    this.#records.set(keyOf(job), { uid: job.metadata.uid, backoff });
  }

  /** Forgets a Job that has ended or is gone. */
  delete(key: string): void {
    this.#records.delete(key);
  }
}
