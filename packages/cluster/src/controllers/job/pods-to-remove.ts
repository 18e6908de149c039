import { byDeletionOrder } from '../pods/deletion-order.ts';
import { completionIndexOf, isIndexed, type ReadonlyJob, type ReadonlyPod } from './job-pods.ts';

/**
 * The active pods that are too many: those beyond the first of an index and those without a place, whatever the number;
 * then those that cost least to lose, until there are `surplus` of them.
 */
export function podsToRemove(
  job: ReadonlyJob,
  active: readonly ReadonlyPod[],
  surplus: number,
  nowMs: number,
): readonly ReadonlyPod[] {
  const misplaced = isIndexed(job) ? misplacedPods(job, active, nowMs) : [];
  const others = active.filter((pod) => !misplaced.includes(pod));
  const more = Math.max(0, surplus - misplaced.length);
  return [...misplaced, ...byDeletionOrder(others, nowMs).slice(0, more)];
}

function misplacedPods(
  { spec }: ReadonlyJob,
  active: readonly ReadonlyPod[],
  nowMs: number,
): ReadonlyPod[] {
  const byIndex = Map.groupBy(active, (pod) => completionIndexOf(pod) ?? -1);
  return [...byIndex].flatMap(([index, pods]) => {
    const hasPlace = index >= 0 && index < (spec?.completions ?? 0);
    return hasPlace ? byDeletionOrder(pods, nowMs).slice(0, -1) : pods;
  });
}
