import type { Category, Confidence } from '../model/index.ts';

/**
 * What a sequence of observations of one pod, or of the pods of one owner, says. Plain JSON, so that it can be kept in a
 * status or a file.
 *
 * Guarantee: bounded, however long the sequence: {@link maxEpisodes} episodes and {@link maxPods} pods.
 */
export interface History {
  /** The newest moment that went into it, RFC 3339 in UTC. */
  readonly seen: string;
  /** Pods that were seen, the latest last. */
  readonly pods: readonly SeenPod[];
  /** Failures, the oldest first. */
  readonly episodes: readonly Episode[];
  /** How many episodes were dropped for want of room. */
  readonly forgotten: number;
}

/** A pod as it was seen last; an owner without pods counts as one. */
export interface SeenPod {
  /** Uid of the pod. */
  readonly uid: string;
  /** When it was seen, RFC 3339 in UTC. */
  readonly seen: string;
  /** Whether nothing was wrong with it then, and it did its work. */
  readonly isWell: boolean;
  /** Restarts by container. */
  readonly restarts: Readonly<Record<string, number>>;
}

/**
 * One failure from its beginning to its end, also when pods are replaced on the way, and when what is known of it changes.
 *
 * - `failing`: it was there when it was looked at last.
 * - `recovering`: the container does its work again, but not yet for longer than it did before it failed.
 * - `healed`: it is over, and a pod does its work.
 * - `replaced`: it is over, and something else is wrong in its place.
 * - `gone`: the pods that had it are gone, and no pod was seen to be well since.
 */
export interface Episode {
  /** The most telling name that it was given. */
  readonly category: Category;
  /** All names that it was given, in their order. */
  readonly names: readonly Category[];
  /** Name of the container; null when it is about the whole subject. */
  readonly container: string | null;
  /** How sure the finding is. */
  readonly confidence: Confidence['level'];
  /** What has become of the failure. */
  readonly state: 'failing' | 'recovering' | 'healed' | 'replaced' | 'gone';
  /** When it began, at the latest, RFC 3339 in UTC. */
  readonly began: string;
  /** The last moment at which all was known to be well, or at which the pod was made: it began after that. */
  readonly beganAfter?: string;
  /** When it was seen last. */
  readonly seen: string;
  /** When it was seen to be over. */
  readonly ended?: string;
  /** How the container ended, where that is how it fails: `Error, exit code 1`. */
  readonly end?: string;
  /** Restarts of the container that belong to it, as far as they are known. */
  readonly restarts: number;
  /** How often it came back after it had healed. */
  readonly relapses: number;
  /** Pods that have it now, by uid. */
  readonly pods: readonly string[];
  /** How many pods have had it. */
  readonly podCount: number;
}

/** Most episodes that are remembered; open ones are never dropped for closed ones. */
export const maxEpisodes = 10;

/** Most pods that are remembered. */
export const maxPods = 50;

/** Whether an episode is not over. */
export function isOpen({ state }: Episode): boolean {
  return state === 'failing' || state === 'recovering';
}
