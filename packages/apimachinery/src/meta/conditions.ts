import type { Condition } from '../kinds/meta-v1.ts';
import type { DeepReadonly } from '../object.ts';
import { formatTime } from './time.ts';

/** Whether a condition holds. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** What an observer says of an object; {@link setCondition} adds when it became so. */
export interface ConditionInput {
  /** CamelCase, such as `Ready`; one condition per type. */
  readonly type: string;
  readonly status: ConditionStatus;
  /** CamelCase word for programs, such as `MinimumReplicasAvailable`. */
  readonly reason: string;
  /** Sentence for people. Default empty. */
  readonly message?: string;
  /** `metadata.generation` that was looked at. Default: none stated. */
  readonly observedGeneration?: number | undefined;
}

/**
 * The conditions with one of them set: replaced in its place, or added at the end. The given array stays as it is.
 *
 * Guarantees: `lastTransitionTime` changes only when `status` does (API conventions), and the very same array comes back
 * when nothing at all changed, so that a caller can skip the write.
 *
 * @param now - The time of a change; kept to whole seconds.
 *
 * @example
 * ```ts
 * const ready = { type: 'Ready', status: 'True', reason: 'AllWell' } as const;
 * status.conditions = setCondition(status.conditions, ready, new Date());
 * ```
 */
export function setCondition(
  conditions: readonly DeepReadonly<Condition>[] | undefined,
  input: ConditionInput,
  now: Date,
): Condition[] {
  const existing = findCondition(conditions, input.type);
  const next: Condition = {
    type: input.type,
    status: input.status,
    reason: input.reason,
    message: input.message ?? '',
    lastTransitionTime:
      existing?.status === input.status ? existing.lastTransitionTime : formatTime(now),
    ...(input.observedGeneration === undefined
      ? {}
      : { observedGeneration: input.observedGeneration }),
  };
  if (existing === undefined) return [...(conditions ?? []), next];
  if (isSame(existing, next) && conditions !== undefined) {
    // Safe: the caller's own array; whether it may be written to is unchanged by handing it back.
    return conditions as Condition[];
  }
  return (conditions ?? []).map((condition) => (condition === existing ? next : condition));
}

/** The conditions without the one of this type; the given array itself when there is none. */
export function removeCondition(
  conditions: readonly DeepReadonly<Condition>[] | undefined,
  type: string,
): readonly DeepReadonly<Condition>[] {
  if (conditions === undefined) return [];
  return findCondition(conditions, type) === undefined
    ? conditions
    : conditions.filter((condition) => condition.type !== type);
}

/** What {@link findCondition} needs to know of a condition; conditions of built-in kinds have it too. */
export interface ConditionLike {
  /** What it is about, such as `Ready`. */
  readonly type: string;
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
}

/** The condition of this type. */
export function findCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of this type is there and `True`. */
export function isConditionTrue(
  conditions: readonly ConditionLike[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

function isSame(left: DeepReadonly<Condition>, right: Condition): boolean {
  return (
    left.status === right.status &&
    left.reason === right.reason &&
    left.message === right.message &&
    left.observedGeneration === right.observedGeneration
  );
}
