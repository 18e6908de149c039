import type { DeepReadonly, Pod, Stored } from '@kubewright/apimachinery';
import { isPodReady, readySinceMs } from './pod-state.ts';

/** Annotation by which a user says which pods of a ReplicaSet may go first; an int32, default 0. */
const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

const phaseRank: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

function deletionCost(pod: DeepReadonly<Pod>): number {
  const text = pod.metadata.annotations?.[deletionCostAnnotation];
  return text !== undefined && /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

function restarts(pod: DeepReadonly<Pod>): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

/** Newer goes first, on a logarithmic scale, so that pods of about the same age are chosen from at random. */
function ageRank(sinceMs: number | undefined, nowMs: number): number {
  return sinceMs === undefined ? -1 : Math.floor(Math.log2(Math.max(1, nowMs - sinceMs)));
}

/**
 * Puts the pods that cost least to lose first: unassigned, then pending, not ready, of lower deletion cost,
 * on the node with more siblings, ready for a shorter time, with more restarts, younger; as a ReplicaSet does.
 */
export function byDeletionOrder(
  pods: readonly DeepReadonly<Stored<Pod>>[],
  nowMs: number,
): DeepReadonly<Stored<Pod>>[] {
  const siblings = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? '';
    siblings.set(node, (siblings.get(node) ?? 0) + 1);
  }
  const rank = (pod: DeepReadonly<Stored<Pod>>): number[] => [
    pod.spec?.nodeName ? 1 : 0,
    phaseRank[pod.status?.phase ?? 'Pending'] ?? 1,
    isPodReady(pod) ? 1 : 0,
    deletionCost(pod),
    -(siblings.get(pod.spec?.nodeName ?? '') ?? 0),
    ageRank(readySinceMs(pod), nowMs),
    -restarts(pod),
    ageRank(Date.parse(pod.metadata.creationTimestamp), nowMs),
  ];
  const ranked = pods.map((pod) => ({ pod, rank: rank(pod) }));
  ranked.sort((a, b) => {
    for (const [i, value] of a.rank.entries()) {
      const other = b.rank[i] ?? 0;
      if (value !== other) return value - other;
    }
    return a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1;
  });
  return ranked.map(({ pod }) => pod);
}
