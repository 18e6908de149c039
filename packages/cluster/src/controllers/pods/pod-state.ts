import { findCondition, type DeepReadonly, type Pod } from '@kubewright/apimachinery';

/** A pod that still counts as a replica: not finished, not being deleted. */
export function isActivePod(pod: DeepReadonly<Pod>): boolean {
  return !isFinishedPod(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** A pod that has ended for good. */
export function isFinishedPod(pod: DeepReadonly<Pod>): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether the pod's `Ready` condition is true. */
export function isPodReady(pod: DeepReadonly<Pod>): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Since when the pod is ready, in milliseconds since the epoch; undefined while it is not. */
export function readySinceMs(pod: DeepReadonly<Pod>): number | undefined {
  const condition = findCondition(pod.status?.conditions, 'Ready');
  if (condition?.status !== 'True' || condition.lastTransitionTime === undefined) return undefined;
  return Date.parse(condition.lastTransitionTime);
}

/**
 * Milliseconds until a ready pod counts as available: 0 when it does already, undefined while it is not ready.
 * A pod is available once it was ready for `minReadySeconds`.
 */
export function availableInMs(
  pod: DeepReadonly<Pod>,
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  if (!isPodReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const since = readySinceMs(pod);
  return since === undefined ? undefined : Math.max(0, since + minReadySeconds * 1000 - nowMs);
}
