import {
  findCondition,
  hasFinalizer,
  type DeepReadonly,
  type Job,
  type JobSpec,
  type Pod,
  type Stored,
} from '@kubewright/apimachinery';
import { isFinishedPod } from '../pods/pod-state.ts';

/** A Job as the cache has it. */
export type ReadonlyJob = DeepReadonly<Stored<Job>>;
/** A pod as the cache has it. */
export type ReadonlyPod = DeepReadonly<Stored<Pod>>;

/** Holds a pod until it is counted in the status of its Job. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
/** Annotation and label of a pod with the index it works on. */
export const completionIndexKey = 'batch.kubernetes.io/job-completion-index';
/** Annotation of a pod: how often the pods of its index have failed before, those left out by a policy apart. */
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';
/** Annotation of a pod: how many failures of its index a policy left out. */
export const ignoredFailureCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** The pod was not counted yet. */
export function isTracked(pod: DeepReadonly<Pod>): boolean {
  return hasFinalizer(pod, trackingFinalizer);
}

/** Each index of the Job wants one success. */
export function isIndexed(job: DeepReadonly<Job>): boolean {
  return job.spec?.completionMode === 'Indexed';
}

/** Whether the Job counts failures for each index alone. */
export function isLimitedPerIndex(job: DeepReadonly<Job>): boolean {
  return job.spec?.backoffLimitPerIndex !== undefined;
}

/** Pods are replaced when they have failed, not before, while they still end. */
export function waitsForTermination(spec: DeepReadonly<JobSpec> | undefined): boolean {
  return spec?.podReplacementPolicy === 'Failed';
}

/** The pod is told to end, and has not. */
export function isTerminatingPod(pod: DeepReadonly<Pod>): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isFinishedPod(pod);
}

/** The pod counts as a failure: also one that was deleted, since it may never get to tell how it ended. */
export function isFailedPod(
  pod: DeepReadonly<Pod>,
  spec: DeepReadonly<JobSpec> | undefined,
): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !waitsForTermination(spec) && isTerminatingPod(pod);
}

/** The index a pod works on; undefined when it has none, or none that makes sense. */
export function completionIndexOf(pod: DeepReadonly<Pod>): number | undefined {
  return numberIn(pod, completionIndexKey);
}

/** How often pods of this index had failed when the pod was made. */
export function failureCountOf(pod: DeepReadonly<Pod>): number {
  return numberIn(pod, failureCountAnnotation) ?? 0;
}

/** How often pods of this index had failed, failures left out by a policy included. */
export function allFailuresOf(pod: DeepReadonly<Pod>): number {
  return failureCountOf(pod) + ignoredFailureCountOf(pod);
}

/** How many failures of this index a policy had left out when the pod was made. */
export function ignoredFailureCountOf(pod: DeepReadonly<Pod>): number {
  return numberIn(pod, ignoredFailureCountAnnotation) ?? 0;
}

const maxInt32 = 2 ** 31 - 1;

/** Anyone may write annotations: what is no count is none. */
function numberIn(pod: DeepReadonly<Pod>, annotation: string): number | undefined {
  const text = pod.metadata.annotations?.[annotation] ?? '';
  return /^\d+$/.test(text) && Number(text) <= maxInt32 ? Number(text) : undefined;
}

/**
 * When a pod ended, in milliseconds since the epoch: when its last container did; else since when it is not ready; else
 * when it was deleted; else when it was made.
 */
export function finishedAtMs(pod: ReadonlyPod): number {
  const notReady = findCondition(pod.status?.conditions, 'Ready');
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  return (
    containersFinishedAtMs(pod) ??
    (notReady?.status === 'False' ? timeOf(notReady.lastTransitionTime) : undefined) ??
    (deletionTimestamp === undefined
      ? undefined
      : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000) ??
    Date.parse(creationTimestamp)
  );
}

function containersFinishedAtMs({ spec, status }: ReadonlyPod): number | undefined {
  const sidecars = new Set(
    (spec?.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === 'Always')
      .map(({ name }) => name),
  );
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ];
  const times = statuses.map(({ state }) => timeOf(state?.terminated?.finishedAt));
  return times.length === 0 || times.includes(undefined)
    ? undefined
    : Math.max(...times.map((time) => time ?? 0));
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
