import {
  findCondition,
  isConditionTrue,
  setCondition,
  type Condition,
  type ConditionInput,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { EventInput } from '@kubewright/runtime';
import type { DatabaseCluster, DatabaseClusterStatus } from '../api/database-cluster.ts';
import type { Phase } from '../api/status-fields.ts';

type Cluster = DeepReadonly<Stored<DatabaseCluster>>;

/** What a look at a cluster found. */
export interface Observation {
  /** Conditions to set. */
  readonly conditions: readonly ConditionInput[];
  /** Conditions that do not apply any more. */
  readonly dropped: readonly string[];
  /** A container fails in a way that waiting does not mend. */
  readonly isFailing: boolean;
  /** Fields besides phase, conditions and observedGeneration. */
  readonly fields: Partial<DatabaseClusterStatus>;
  /** What happened, each with its idempotency key. Default: nothing. */
  readonly events?: readonly EventInput[];
}

/** The status after an observation. Conditions that it does not speak of stay. */
export function statusAfter(
  cluster: Cluster,
  observation: Observation,
  now: Date,
): DatabaseClusterStatus {
  let conditions: readonly DeepReadonly<Condition>[] | undefined = cluster.status?.conditions;
  for (const input of observation.conditions) {
    const observed = { ...input, observedGeneration: cluster.metadata.generation };
    conditions = setCondition(conditions, observed, now);
  }
  const kept = (conditions ?? []).filter(({ type }) => !observation.dropped.includes(type));
  const generation = cluster.metadata.generation;
  const { phase: _phase, conditions: _conditions, ...before } = cluster.status ?? {};
  return {
    ...before,
    ...observation.fields,
    phase: phaseOf(cluster, kept, observation.isFailing),
    conditions: kept.map((condition) => ({ ...condition })),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** The conditions in one word. */
export function phaseOf(
  cluster: Cluster,
  conditions: readonly DeepReadonly<Condition>[],
  isFailing: boolean,
): Phase {
  if (cluster.metadata.deletionTimestamp !== undefined) return 'Deleting';
  const isBlocked = findCondition(conditions, 'Reconciled')?.status === 'False';
  if (isBlocked) return 'Failed';
  const available = findCondition(conditions, 'Available');
  if (available?.status === 'True') return 'Running';
  return isFailing || available?.reason === 'PrimaryUnavailable' ? 'Failed' : 'Creating';
}

/** Whether the database ever took writes. */
export function wasAvailable({ status }: Cluster): boolean {
  const available = findCondition(status?.conditions, 'Available');
  return available?.status === 'True' || available?.reason === 'PrimaryUnavailable';
}

/** When the condition last became what it is; tells one outage from the next. */
export function sinceWhen({ status }: Cluster, type: string): string {
  return findCondition(status?.conditions, type)?.lastTransitionTime ?? 'ever';
}

/** Whether the condition holds in the status that was written last. */
export function holds({ status }: Cluster, type: string): boolean {
  return isConditionTrue(status?.conditions, type);
}
