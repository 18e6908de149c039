import type { DeepReadonly, PersistentVolumeClaim } from '@kubewright/apimachinery';
import { availableInMs, isFinishedPod, isPodReady } from '../pods/pod-state.ts';
import { claimOwners, deletesClaimsOfScaledPods, isOwnedByFormerPod } from './claim-owners.ts';
import {
  claimNameOf,
  isInRange,
  ordinalOf,
  ordinalRange,
  podNameOf,
  type ReadonlyPod,
  type ReadonlySet,
} from './ordinals.ts';
import { hasIdentity, hasStorage, revisionOfPod } from './stateful-pod.ts';

/** What is known of a StatefulSet at one moment. */
export interface SetView {
  readonly set: ReadonlySet;
  /** The pods it controls. */
  readonly pods: readonly ReadonlyPod[];
  /** The claim of a name in the set's namespace. */
  readonly claimOf: (name: string) => DeepReadonly<PersistentVolumeClaim> | undefined;
  /** Name of the revision that the spec asks for. */
  readonly updateRevision: string;
  readonly nowMs: number;
}

/** One thing to do. */
export type Step =
  /** Makes the pod of an ordinal, its claims before it. */
  | { readonly type: 'create'; readonly ordinal: number }
  | { readonly type: 'delete'; readonly pod: ReadonlyPod }
  /** Makes claims that are missing, and gives them their owners. */
  | { readonly type: 'ensureClaims'; readonly pod: ReadonlyPod }
  /** Gives a pod the labels, volumes and claims of its ordinal. */
  | { readonly type: 'repair'; readonly pod: ReadonlyPod }
  | { readonly type: 'ownClaims'; readonly pod: ReadonlyPod };

/**
 * What to do now, in stages: a stage begins when all steps of the one before have succeeded. Within a stage an ordered
 * set takes one step after the other; a parallel one may take them at once.
 */
export type Plan = readonly (readonly Step[])[];

/**
 * Plans the next steps of a StatefulSet as the field's controller takes them: replicas in the order of their ordinals,
 * each only when those before are available; then removed ordinals from the highest; then, one pod at a time from the
 * highest ordinal, those of another revision.
 */
export function planSet(view: SetView): Plan {
  const { set } = view;
  if (set.metadata.deletionTimestamp !== undefined) return [];
  const replicas = replicaStage(view);
  if (replicas.isBlocked) return [replicas.steps];
  const removed = removedPods(view);
  const ownClaims = removed
    .filter((pod) => !claimsAreOwned(view, pod))
    .map((pod): Step => ({ type: 'ownClaims', pod }));
  const condemned = removalStage(view, removed);
  const stages = [replicas.steps, ownClaims, condemned.steps];
  if (condemned.isBlocked || set.spec?.updateStrategy?.type === 'OnDelete') return stages;
  return [...stages, updateStage(view)];
}

interface Stage {
  readonly steps: readonly Step[];
  /** Nothing after this stage may begin yet. */
  readonly isBlocked: boolean;
}

function isParallel({ spec }: ReadonlySet): boolean {
  return spec?.podManagementPolicy === 'Parallel';
}

/** Whether a pod runs and has been ready for `minReadySeconds`. */
export function isAvailable(pod: ReadonlyPod, { set, nowMs }: SetView): boolean {
  return (
    pod.status?.phase === 'Running' &&
    availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0
  );
}

const isTerminating = (pod: ReadonlyPod): boolean => pod.metadata.deletionTimestamp !== undefined;

function replicaStage(view: SetView): Stage {
  const { set, pods } = view;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const { first, last } = ordinalRange(set);
  const steps: Step[] = [];
  for (let ordinal = first; ordinal <= last; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    const { step, isBlocking } =
      pod === undefined ? missingReplica(view, ordinal) : presentReplica(view, pod);
    if (step !== undefined) steps.push(step);
    if (isBlocking && !isParallel(set)) return { steps, isBlocked: true };
  }
  return { steps, isBlocked: false };
}

interface ReplicaDecision {
  readonly step?: Step;
  /** An ordered set does nothing further while it is so. */
  readonly isBlocking: boolean;
}

function missingReplica(view: SetView, ordinal: number): ReplicaDecision {
  const { set, claimOf } = view;
  const pod = { name: podNameOf(set, ordinal), uid: undefined };
  const waitsForClaims =
    deletesClaimsOfScaledPods(set) &&
    (set.spec?.volumeClaimTemplates ?? []).some(({ metadata: { name = '' } }) => {
      const claim = claimOf(claimNameOf(set, name, ordinal));
      return claim !== undefined && isOwnedByFormerPod(claim, pod);
    });
  if (waitsForClaims) return { isBlocking: true };
  return { step: { type: 'create', ordinal }, isBlocking: true };
}

function presentReplica(view: SetView, pod: ReadonlyPod): ReplicaDecision {
  if (isFinishedPod(pod)) {
    // Made again once it is gone.
    return isTerminating(pod)
      ? { isBlocking: true }
      : { step: { type: 'delete', pod }, isBlocking: true };
  }
  if (pod.status?.phase === 'Pending' && !hasAllClaims(view, pod)) {
    return { step: { type: 'ensureClaims', pod }, isBlocking: true };
  }
  const isUsable = !isTerminating(pod) && isAvailable(pod, view);
  if (!isUsable && !isParallel(view.set)) return { isBlocking: true };
  const isRight = hasIdentity(pod) && hasStorage(view.set, pod) && claimsAreOwned(view, pod);
  return isRight
    ? { isBlocking: !isUsable }
    : { step: { type: 'repair', pod }, isBlocking: !isUsable };
}

function claimsOf(
  { set, claimOf }: SetView,
  pod: ReadonlyPod,
): (DeepReadonly<PersistentVolumeClaim> | undefined)[] {
  const ordinal = ordinalOf(set, pod) ?? -1;
  return (set.spec?.volumeClaimTemplates ?? []).map(({ metadata: { name = '' } }) =>
    claimOf(claimNameOf(set, name, ordinal)),
  );
}

function hasAllClaims(view: SetView, pod: ReadonlyPod): boolean {
  return (
    claimsOf(view, pod).every(
      (claim) => claim !== undefined && claim.metadata.deletionTimestamp === undefined,
    ) && claimsAreOwned(view, pod)
  );
}

/** Whether the claims that are there have the owners they should have. */
function claimsAreOwned(view: SetView, pod: ReadonlyPod): boolean {
  return claimsOf(view, pod).every(
    (claim) => claim === undefined || claimOwners(claim, view.set, pod) === undefined,
  );
}

/** Pods of ordinals that are no longer wanted, the highest first. */
function removedPods({ set, pods }: SetView): ReadonlyPod[] {
  return pods
    .map((pod) => ({ pod, ordinal: ordinalOf(set, pod) ?? -1 }))
    .filter(({ ordinal }) => ordinal >= 0 && !isInRange(set, ordinal))
    .sort((a, b) => b.ordinal - a.ordinal)
    .map(({ pod }) => pod);
}

function removalStage(view: SetView, removed: readonly ReadonlyPod[]): Stage {
  if (isParallel(view.set)) {
    const steps = removed
      .filter((pod) => !isTerminating(pod))
      .map((pod): Step => ({ type: 'delete', pod }));
    return { steps, isBlocked: false };
  }
  const [highest] = removed;
  if (highest === undefined) return { steps: [], isBlocked: false };
  // All replicas are available here, so the first pod in trouble is the lowest of these.
  const firstInTrouble = removed.findLast((pod) => isTerminating(pod) || !isAvailable(pod, view));
  const mayGo =
    !isTerminating(highest) && (isAvailable(highest, view) || highest === firstInTrouble);
  return { steps: mayGo ? [{ type: 'delete', pod: highest }] : [], isBlocked: true };
}

function updateStage(view: SetView): readonly Step[] {
  const { set, pods, updateRevision } = view;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const { first, last } = ordinalRange(set);
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (let ordinal = last; ordinal >= first + partition; ordinal -= 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return []; // being made
    if (revisionOfPod(pod) !== updateRevision && !isTerminating(pod)) {
      return [{ type: 'delete', pod }];
    }
    if (isTerminating(pod) || !isAvailable(pod, view)) return [];
  }
  return [];
}

/** Whether a pod counts as ready in the status. */
export function isRunningAndReady(pod: ReadonlyPod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}
