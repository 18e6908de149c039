import type { NamespacedName } from '@kubewright/apimachinery';
import type { RecentCrash } from '../api/pod-diagnoser.ts';
import { crashKey } from '../crash/crash.ts';
import { decideRestart } from '../remediation/restart-decision.ts';
import type { CachedDiagnoser } from '../selection/responsible-diagnoser.ts';
import { findCounted, restartsWithinWindow, roomFor } from '../status/crash-ledger.ts';
import type { Action, CountedCrash } from '../status/crash-ledger.ts';
import type { CrashedPod } from './crashed-pods.ts';
import type { DiagnosedPod } from './diagnosed-pod.ts';

/** What one reconcile of a diagnoser is going to do. */
export interface CrashPlan {
  /** Crashes to count, before anything is done about them. */
  readonly toCount: readonly CountedCrash[];
  /** Pods all of whose crashes are counted, once `toCount` is written. */
  readonly pods: readonly DiagnosedPod[];
  /** There is more than fits: come back at once. */
  readonly isPartial: boolean;
  /** What was decided, by the key of the crash. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Whether an entry of the ledger is not needed any more. */
  readonly isSettled: (entry: RecentCrash) => boolean;
}

/** What a plan is made from. */
export interface CrashPlanInput {
  readonly diagnoser: CachedDiagnoser;
  /** All diagnosers of the namespace: what another one has counted is not counted again. */
  readonly diagnosers: readonly CachedDiagnoser[];
  /** Pods with unhandled crashes for which the diagnoser is responsible. */
  readonly crashed: readonly DiagnosedPod[];
  /** Pods with unhandled crashes in the namespace, whoever is responsible. */
  readonly allCrashed: readonly CrashedPod[];
  readonly self: NamespacedName | undefined;
  readonly now: Date;
}

/** Decides which crashes to count and what to do about them; pure. */
export function planCrashes(input: CrashPlanInput): CrashPlan {
  const { diagnoser, diagnosers, crashed, allCrashed, now } = input;
  const open = new Set(allCrashed.flatMap(({ unhandled }) => unhandled.map(crashKey)));
  const isSettled = (entry: RecentCrash): boolean => !open.has(crashKey(entry));
  const own = copyOf(diagnoser);
  const foreign = diagnosers.filter(({ metadata }) => metadata.uid !== diagnoser.metadata.uid);
  const foreignCounted = foreign.flatMap(copyOf);
  let room = roomFor(own, isSettled);
  const toCount: CountedCrash[] = [];
  const pods: DiagnosedPod[] = [];
  const actions = new Map<string, Action>();

  for (const each of crashed) {
    const uncounted = each.unhandled.filter(
      (crash) =>
        findCounted(own, crash) === undefined && findCounted(foreignCounted, crash) === undefined,
    );
    // A pod is dealt with as a whole, so its crashes are counted as a whole.
    if (uncounted.length > room) continue;
    room -= uncounted.length;
    pods.push(each);
    const planned = new Set(uncounted);
    const decision = decideAction(each, input, [...own, ...plannedEntries(toCount, now)]);
    for (const crash of each.unhandled) {
      const counted = findCounted(own, crash);
      actions.set(crashKey(crash), counted?.action ?? decision.action);
      if (planned.has(crash)) {
        toCount.push({ crash, pod: each.pod.metadata.name, ...decision });
      }
    }
  }
  return { toCount, pods, actions, isSettled, isPartial: pods.length < crashed.length };
}

function decideAction(
  { pod, findings }: DiagnosedPod,
  { diagnoser, self, now }: CrashPlanInput,
  recent: readonly RecentCrash[],
): { readonly action: Action; readonly ownerUid?: string } {
  const { remediationAction, targetLabels = {} } = diagnoser.spec;
  switch (remediationAction) {
    case '':
    case 'LogEvent':
      return { action: remediationAction };
    case 'RestartPod': {
      const decision = decideRestart(pod, {
        self,
        findings,
        isNamedByLabels: Object.keys(targetLabels).length > 0,
        recentRestarts: (ownerUid) => restartsWithinWindow(recent, ownerUid, now),
      });
      return decision.type === 'restart'
        ? { action: 'RestartPod', ownerUid: decision.ownerUid }
        : { action: 'RestartSkipped' };
    }
    default:
      return remediationAction satisfies never;
  }
}

/** Deletions planned in this very reconcile count against the bound too. */
function plannedEntries(planned: readonly CountedCrash[], now: Date): readonly RecentCrash[] {
  return planned.map(({ crash, pod, action, ownerUid }) => ({
    podUid: crash.podUid,
    pod,
    container: crash.container,
    containerType: crash.containerType,
    restartCount: crash.restartCount,
    reason: crash.reason,
    countedAt: now.toISOString(),
    action,
    ...(ownerUid === undefined ? {} : { ownerUid }),
  }));
}

function copyOf(diagnoser: CachedDiagnoser): RecentCrash[] {
  return (diagnoser.status?.recentCrashes ?? []).map((entry) => ({ ...entry }));
}
