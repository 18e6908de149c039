import type { StatefulSetStatus } from '@kubewright/apimachinery';
import { availableInMs } from '../pods/pod-state.ts';
import type { ReadonlyPod, ReadonlySet } from './ordinals.ts';
import { revisionOfPod } from './stateful-pod.ts';
import { isRunningAndReady } from './stateful-set-plan.ts';

/** Names of the revisions of a StatefulSet, and how often one had to avoid another's name. */
export interface SetRevisions {
  /** The one its pods had before the present update. */
  readonly current: string;
  /** The one that the spec asks for. */
  readonly update: string;
  readonly collisionCount: number;
}

/** A status, and when the next pod becomes available by the passing of time alone. */
export interface ComputedSetStatus {
  readonly status: StatefulSetStatus;
  readonly checkAgainInMs: number | undefined;
}

/** Computes `status` of a StatefulSet from the pods it controls. */
export function statefulSetStatus(
  set: ReadonlySet,
  pods: readonly ReadonlyPod[],
  revisions: SetRevisions,
  nowMs: number,
): ComputedSetStatus {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const ready = pods.filter(isRunningAndReady);
  const waits = ready
    .map((pod) => availableInMs(pod, minReadySeconds, nowMs))
    .filter((wait) => wait !== undefined);
  const lasting = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ofRevision = (name: string): number =>
    lasting.filter((pod) => revisionOfPod(pod) === name).length;
  const updated = ofRevision(revisions.update);
  const wanted = set.spec?.replicas ?? 1;
  const isRolledOut =
    set.spec?.updateStrategy?.type === 'RollingUpdate' &&
    [updated, ready.length, pods.length].every((count) => count === wanted);
  const counts = {
    readyReplicas: ready.length,
    currentReplicas: isRolledOut ? updated : ofRevision(revisions.current),
    updatedReplicas: updated,
  };
  const later = waits.filter((wait) => wait > 0);
  return {
    status: {
      observedGeneration: set.metadata.generation ?? 0,
      replicas: pods.length,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      currentRevision: isRolledOut ? revisions.update : revisions.current,
      updateRevision: revisions.update,
      collisionCount: revisions.collisionCount,
      availableReplicas: waits.filter((wait) => wait === 0).length,
    },
    checkAgainInMs: later.length > 0 ? Math.min(...later) : undefined,
  };
}
