import type {
  DeepReadonly,
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '@kubewright/apimachinery';
import { rollingBounds, sizeOf, wantedReplicas } from './rollout.ts';

type Conditions = readonly DeepReadonly<DeploymentCondition>[];
type ConditionContent = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * Puts a condition at the end of the list unless one of the same status and reason is there.
 * The time of transition is kept while the status stays.
 */
export function withCondition(
  conditions: Conditions,
  content: ConditionContent,
  now: string,
): Conditions {
  const current = conditions.find(({ type }) => type === content.type);
  if (current?.status === content.status && current.reason === content.reason) return conditions;
  return replaced(conditions, content, now);
}

function replaced(conditions: Conditions, content: ConditionContent, now: string): Conditions {
  const current = conditions.find(({ type }) => type === content.type);
  const lastTransitionTime = current?.status === content.status ? current.lastTransitionTime : now;
  const { type, status, reason, message } = content;
  return [
    ...conditions.filter((condition) => condition.type !== type),
    { type, status, lastUpdateTime: now, lastTransitionTime, reason, message },
  ];
}

/** The rollout has done all it was asked to. */
export function isComplete(
  deployment: DeepReadonly<Deployment>,
  status: DeepReadonly<DeploymentStatus>,
): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeepReadonly<DeploymentStatus>, after: DeploymentStatus): boolean {
  const updated = (s: DeepReadonly<DeploymentStatus>): number => s.updatedReplicas ?? 0;
  const old = (s: DeepReadonly<DeploymentStatus>): number => (s.replicas ?? 0) - updated(s);
  return (
    updated(after) > updated(before) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** What the status of a Deployment is computed from. */
export interface RolloutState {
  readonly deployment: DeepReadonly<Deployment>;
  readonly newest: DeepReadonly<ReplicaSet> | undefined;
  readonly old: readonly DeepReadonly<ReplicaSet>[];
  readonly nowMs: number;
}

/** A status, and when it must be looked at again because a deadline passes then. */
export interface ComputedStatus {
  readonly status: DeploymentStatus;
  readonly checkAgainInMs: number | undefined;
}

/** No deadline: the API's way of saying "wait for ever". */
const noDeadlineSeconds = 2 ** 31 - 1;

/** Computes `status` of a Deployment; counts of zero are left out, as the API writes them. */
export function deploymentStatus(state: RolloutState): ComputedStatus {
  const { deployment, newest, old, nowMs } = state;
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const all = newest === undefined ? old : [...old, newest];
  const sum = (of: (set: DeepReadonly<ReplicaSet>) => number | undefined): number =>
    all.reduce((count, set) => count + (of(set) ?? 0), 0);
  const available = sum((set) => set.status?.availableReplicas);
  const counts: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sizeOf) - available),
    collisionCount: deployment.status?.collisionCount ?? 0,
  };
  const before = deployment.status ?? {};
  let conditions: Conditions = before.conditions ?? [];
  const isAvailable =
    available >= wantedReplicas(deployment) - rollingBounds(deployment).maxUnavailable;
  conditions = withCondition(
    conditions,
    isAvailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  );
  const progress = progressOf(state, counts, conditions, now);
  conditions = withFailure(progress.conditions, newest, old, now);
  const nonZero = Object.entries(counts).filter(([, count]) => count !== 0);
  return {
    status: {
      ...Object.fromEntries(nonZero),
      terminatingReplicas: sum((set) => set.status?.terminatingReplicas),
      // The parts were copied, none was changed: dropping the mark is safe.
      conditions: conditions as DeploymentCondition[],
    },
    checkAgainInMs: progress.checkAgainInMs,
  };
}

function progressOf(
  { deployment, newest, nowMs }: RolloutState,
  counts: DeploymentStatus,
  conditions: Conditions,
  now: string,
): { conditions: Conditions; checkAgainInMs: number | undefined } {
  const unchanged = { conditions, checkAgainInMs: undefined };
  const deadlineSeconds = deployment.spec?.progressDeadlineSeconds ?? noDeadlineSeconds;
  if (deadlineSeconds === noDeadlineSeconds) {
    return { ...unchanged, conditions: conditions.filter(({ type }) => type !== 'Progressing') };
  }
  const current = conditions.find(({ type }) => type === 'Progressing');
  const wasComplete =
    (counts.replicas ?? 0) === (counts.updatedReplicas ?? 0) &&
    current?.reason === 'NewReplicaSetAvailable';
  if (wasComplete || deployment.spec?.paused === true) return unchanged;
  const subject =
    newest?.metadata.name === undefined
      ? `Deployment "${deployment.metadata.name ?? ''}"`
      : `ReplicaSet "${newest.metadata.name}"`;
  if (isComplete(deployment, counts)) {
    const message = `${subject} has successfully progressed.`;
    return {
      ...unchanged,
      conditions: withCondition(
        conditions,
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message },
        now,
      ),
    };
  }
  if (hasProgressed(deployment.status ?? {}, counts)) {
    const message = `${subject} is progressing.`;
    return {
      conditions: replaced(
        conditions,
        { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message },
        now,
      ),
      checkAgainInMs: deadlineSeconds * 1000,
    };
  }
  // A rollout that is being looked at for the first time has all its time before it.
  if (current === undefined || current.reason === 'ProgressDeadlineExceeded') return unchanged;
  const leftMs = Date.parse(current.lastUpdateTime ?? now) + deadlineSeconds * 1000 - nowMs;
  if (leftMs > 0) return { conditions, checkAgainInMs: leftMs };
  const message = `${subject} has timed out progressing.`;
  return {
    ...unchanged,
    conditions: withCondition(
      conditions,
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message },
      now,
    ),
  };
}

function withFailure(
  conditions: Conditions,
  newest: DeepReadonly<ReplicaSet> | undefined,
  old: readonly DeepReadonly<ReplicaSet>[],
  now: string,
): Conditions {
  const failures = [newest, ...old].flatMap((set) =>
    (set?.status?.conditions ?? []).filter(
      ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
    ),
  );
  const failure = failures[0];
  if (failure === undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  const { status, reason, message } = failure;
  return withCondition(conditions, { type: 'ReplicaFailure', status, reason, message }, now);
}
