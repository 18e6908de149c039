import {
  deepEqual,
  formatTime,
  fromLabelSelector,
  type DeepReadonly,
  type Pod,
  type ReplicaSet,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
  type Stored,
} from '@kubewright/apimachinery';
import { availableInMs, isActivePod, isFinishedPod, isPodReady } from '../pods/pod-state.ts';

/** Why the ReplicaSet could not be brought to its size, if it could not. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/** A status, and when the next pod becomes available by the passing of time alone. */
export interface ComputedStatus {
  readonly status: ReplicaSetStatus;
  readonly checkAgainInMs: number | undefined;
}

/** Computes `status` of a ReplicaSet from the pods it has claimed. */
export function replicaSetStatus(
  replicaSet: DeepReadonly<Stored<ReplicaSet>>,
  pods: readonly DeepReadonly<Stored<Pod>>[],
  failure: ReplicaFailure | undefined,
  nowMs: number,
): ComputedStatus {
  const active = pods.filter(isActivePod);
  const templateLabels = Object.entries(replicaSet.spec?.template?.metadata?.labels ?? {});
  const waits = active
    .map((pod) => availableInMs(pod, replicaSet.spec?.minReadySeconds ?? 0, nowMs))
    .filter((wait) => wait !== undefined);
  const counts = {
    fullyLabeledReplicas: active.filter((pod) =>
      templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    ).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
  };
  const conditions = withFailure(
    replicaSet.status?.conditions ?? [],
    failure,
    formatTime(new Date(nowMs)),
  );
  const later = waits.filter((wait) => wait > 0);
  return {
    status: {
      replicas: active.length,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      terminatingReplicas: pods.filter(
        (pod) => pod.metadata.deletionTimestamp !== undefined && !isFinishedPod(pod),
      ).length,
      observedGeneration: replicaSet.metadata.generation ?? 0,
      ...(conditions.length > 0 ? { conditions } : {}),
    },
    checkAgainInMs: later.length > 0 ? Math.min(...later) : undefined,
  };
}

function withFailure(
  conditions: readonly DeepReadonly<ReplicaSetCondition>[],
  failure: ReplicaFailure | undefined,
  now: string,
): ReplicaSetCondition[] {
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const current = conditions.find(({ type }) => type === 'ReplicaFailure');
  // The first refusal is kept: the next differs in nothing but the random name of the pod.
  if (current?.reason === failure.reason) return [...conditions];
  return [
    ...others,
    { type: 'ReplicaFailure', status: 'True', lastTransitionTime: now, ...failure },
  ];
}

/** Whether a status says the same as the one that is stored. */
export function isSameStatus(
  a: DeepReadonly<ReplicaSetStatus> | undefined,
  b: DeepReadonly<ReplicaSetStatus>,
): boolean {
  return deepEqual(a, b);
}

/** The selector of a ReplicaSet; an empty one matches nothing, since it could claim any pod. */
export function selectorOf(
  replicaSet: DeepReadonly<ReplicaSet>,
): ReturnType<typeof fromLabelSelector> {
  return fromLabelSelector(replicaSet.spec?.selector ?? {});
}
