import { setCondition, type Condition, type DeepReadonly } from '@kubewright/apimachinery';
import type { Cached } from '@kubewright/runtime';
import type { AnyEcho, Finding } from '../work/work.ts';
import { conditionMessage } from './condition-message.ts';

/** A status to write. */
export interface NextStatus {
  readonly observedGeneration: number | undefined;
  readonly conditions: readonly DeepReadonly<Condition>[];
  readonly jobUid?: string;
}

/** The status that an object should have; undefined when it has it. */
export function nextStatus(
  { metadata, status }: Cached<AnyEcho>,
  { conditions: found, jobUid }: Finding,
  now: Date,
): NextStatus | undefined {
  const observedGeneration = metadata.generation;
  const before: readonly DeepReadonly<Condition>[] | undefined = status?.conditions;
  let conditions = before;
  for (const condition of found) {
    const message = conditionMessage(condition.message ?? '');
    conditions = setCondition(conditions, { ...condition, message, observedGeneration }, now);
  }
  const knownJob = status !== undefined && 'jobUid' in status ? status.jobUid : undefined;
  const isCurrent =
    conditions === before &&
    observedGeneration === status?.observedGeneration &&
    (jobUid === undefined || jobUid === knownJob);
  if (isCurrent) return undefined;
  return {
    observedGeneration,
    conditions: conditions ?? [],
    ...(jobUid === undefined ? {} : { jobUid }),
  };
}
