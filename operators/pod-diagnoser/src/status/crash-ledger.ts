import { formatTime, parseTime } from '@kubewright/apimachinery';
import { maxRecentCrashes } from '../api/pod-diagnoser.ts';
import type { PodDiagnoserStatus, RecentCrash } from '../api/pod-diagnoser.ts';
import { crashKey, restartReason } from '../crash/crash.ts';
import type { Crash } from '../crash/crash.ts';

/** What is to be done about a crash, as it was decided when the crash was counted. */
export type Action = RecentCrash['action'];

/** A crash with what was decided. */
export interface CountedCrash {
  readonly crash: Crash;
  /** Name of the pod. */
  readonly pod: string;
  readonly action: Action;
  readonly ownerUid?: string | undefined;
}

/** The parts of a status that count. */
export type Ledger = Pick<
  PodDiagnoserStatus,
  'diagnosedPods' | 'lastProcessedPod' | 'recentCrashes'
>;

/** How long a deletion counts against the bound of its controller, in milliseconds. */
export const restartWindowMs = 3_600_000;

/** Most crashes that are counted in one write of the status; the others follow with the next. */
export const maxCrashesPerWrite = 50;

/** Finds the entry of a crash, by its key. */
export function findCounted(
  recent: readonly RecentCrash[],
  crash: Pick<Crash, 'podUid' | 'container' | 'restartCount'>,
): RecentCrash | undefined {
  const key = crashKey(crash);
  return recent.find((entry) => crashKey(entry) === key);
}

/** How many pods of a controller were to be deleted within the last hour. Each pod counts once, however many of its containers crashed. */
export function restartsWithinWindow(
  recent: readonly RecentCrash[],
  ownerUid: string,
  now: Date,
): number {
  const pods = new Set(
    recent
      .filter((entry) => entry.action === 'RestartPod' && entry.ownerUid === ownerUid)
      .filter(({ countedAt }) => isWithin(countedAt, restartWindowMs, now))
      .map(({ podUid }) => podUid),
  );
  return pods.size;
}

/**
 * The ledger with these crashes counted. To be written in one piece, before anything is done about them: when the process ends in between, the next
 * one finds them here, does what was decided, and does not count again.
 *
 * @param isSettled - Whether an older entry is not needed any more: its pod notes the crash, or is gone.
 */
export function countCrashes(
  ledger: Ledger,
  crashes: readonly CountedCrash[],
  now: Date,
  isSettled: (entry: RecentCrash) => boolean,
): Ledger {
  const last = crashes.at(-1);
  if (last === undefined) return ledger;
  const countedAt = formatTime(now);
  const added = crashes.map(({ crash, pod, action, ownerUid }): RecentCrash => ({
    podUid: crash.podUid,
    pod,
    container: crash.container,
    containerType: crash.containerType,
    restartCount: crash.restartCount,
    reason: restartReason(crash),
    countedAt,
    action,
    ...(ownerUid === undefined ? {} : { ownerUid }),
  }));
  return {
    diagnosedPods: (ledger.diagnosedPods ?? 0) + crashes.length,
    lastProcessedPod: last.pod,
    recentCrashes: [
      ...shorten(ledger.recentCrashes ?? [], maxRecentCrashes - added.length, now, isSettled),
      ...added,
    ],
  };
}

/** How many more crashes can be counted now: entries that are not settled must stay. */
export function roomFor(
  recent: readonly RecentCrash[],
  isSettled: (entry: RecentCrash) => boolean,
): number {
  const kept = recent.filter((entry) => !isSettled(entry)).length;
  return Math.max(0, Math.min(maxCrashesPerWrite, maxRecentCrashes - kept));
}

/** Keeps so many: those that are not settled in any case, then deletions of the last hour, then the newest. */
function shorten(
  recent: readonly RecentCrash[],
  max: number,
  now: Date,
  isSettled: (entry: RecentCrash) => boolean,
): readonly RecentCrash[] {
  if (recent.length <= max) return recent;
  const rankOf = (entry: RecentCrash): number => {
    if (!isSettled(entry)) return 2;
    const isRestart = entry.action === 'RestartPod';
    return isRestart && isWithin(entry.countedAt, restartWindowMs, now) ? 1 : 0;
  };
  const kept = recent
    .map((entry, index) => ({ index, rank: rankOf(entry) }))
    .sort((left, right) => right.rank - left.rank || right.index - left.index)
    .slice(0, Math.max(0, max));
  const indexes = new Set(kept.map(({ index }) => index));
  return recent.filter((_entry, index) => indexes.has(index));
}

function isWithin(time: string, windowMs: number, now: Date): boolean {
  const date = parseTime(time);
  return date !== undefined && now.getTime() - date.getTime() < windowMs;
}
