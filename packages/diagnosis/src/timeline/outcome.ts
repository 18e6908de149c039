import { isOpen, type History } from './history.ts';

/**
 * What came of an action on a pod.
 *
 * - `healed`: what failed then is over.
 * - `same-failure`: another pod, or the pod after the action, fails as before.
 * - `different-failure`: what failed then is over, and something else fails.
 * - `pending`: it cannot be told yet.
 */
export type Outcome = 'healed' | 'same-failure' | 'different-failure' | 'pending';

/** An action on one pod. */
export interface Action {
  /** When it was done. */
  readonly at: Date;
  /** Uid of the pod that was deleted; absent when the pod stayed. */
  readonly deletedPod?: string;
}

/** What came of an action, by what was observed after it. */
export function outcomeOf(history: History, { at, deletedPod }: Action): Outcome {
  const then = at.toISOString();
  if (history.seen <= then) return 'pending';
  const before = history.episodes.filter(
    ({ began, ended }) => began <= then && (ended === undefined || ended > then),
  );
  const again = before.filter(
    (episode) =>
      isOpen(episode) && episode.seen > then && episode.pods.some((uid) => uid !== deletedPod),
  );
  if (again.some(({ state }) => state === 'failing')) return 'same-failure';
  if (history.episodes.some((episode) => episode.began > then && episode.state === 'failing')) {
    return 'different-failure';
  }
  return before.length > 0 && before.every(({ state }) => state === 'healed')
    ? 'healed'
    : 'pending';
}
