import { findCondition, type Condition, type DeepReadonly } from '@kubewright/apimachinery';
import type { Cached, EventInput } from '@kubewright/runtime';
import { readyCondition } from '../api/status.ts';
import type { AnyEcho } from '../work/work.ts';
import type { NextStatus } from './next-status.ts';

/** An Event about what happens once. */
export type OnceEvent = EventInput & { readonly idempotencyKey: string };

/** Reasons that are no news. */
const quiet: ReadonlySet<string> = new Set(['JobRunning']);

/**
 * The Events about what a new status tells for the first time. Each has a key by what it is about, so that recording it again
 * changes nothing.
 */
export function eventsOf(
  { metadata, status }: Cached<AnyEcho>,
  next: NextStatus,
): readonly OnceEvent[] {
  const told: readonly DeepReadonly<Condition>[] | undefined = status?.conditions;
  return next.conditions.flatMap((condition): OnceEvent[] => {
    const { type, reason, message } = condition;
    const before = findCondition(told, type);
    const isGood = condition.status === 'True';
    const isNews = before?.status !== condition.status || before.reason !== reason;
    // What was well is well again after a change of what is asked for: it was followed.
    const isUpdate =
      type === readyCondition &&
      isGood &&
      before?.observedGeneration !== condition.observedGeneration;
    if (quiet.has(reason) || !(isNews || isUpdate)) return [];
    return [
      {
        type: isGood ? 'Normal' : 'Warning',
        reason: isNews ? reason : 'Updated',
        action: 'Echo',
        note: message,
        idempotencyKey: [type, reason, metadata.generation, next.jobUid ?? ''].join('/'),
      },
    ];
  });
}
