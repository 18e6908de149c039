import type { DeepReadonly, Node, Pod, Stored, Taint } from '@kubewright/apimachinery';
import {
  fitsNodeAffinity,
  podAffinityConflict,
  topologySpreadConflict,
  type Placement,
} from './affinity.ts';
import {
  claimsOfPod,
  hasClaimConflict,
  noStorage,
  volumesOnNode,
  type StorageView,
  type VolumeChoice,
} from './volumes.ts';
import { hasPortConflict } from './host-ports.ts';
import { isTolerated } from './tolerations.ts';
import { amountsOf, requestsOf, sumOf, type Amounts } from './resources.ts';

/** Where a pod goes, or why it can go nowhere. */
export type Decision =
  | {
      readonly type: 'bind';
      readonly nodeName: string;
      /** What is to be done for its claims first; empty when nothing is. */
      readonly volumes: readonly VolumeChoice[];
    }
  | { readonly type: 'unschedulable'; readonly message: string };

/** Why one node does not fit. */
interface Misfit {
  readonly reasons: readonly string[];
  /** Whether the node could fit if other pods went. */
  readonly isCrowded: boolean;
}

/** What is to be had of a pod's claims on a node. */
interface NodeStorage {
  /** Another pod has one that is for one pod alone. */
  readonly isClaimTaken: boolean;
  /** The volumes, or why there are none. */
  readonly volumes: readonly VolumeChoice[] | string;
}

/**
 * Chooses a node for a pod: of the nodes that fit, the one with the most room left.
 * The message for a pod that fits nowhere has the scheduler's wording, which tools read.
 */
export function decide(
  pod: DeepReadonly<Pod>,
  placements: readonly Placement[],
  storage: StorageView = noStorage,
): Decision {
  if (placements.length === 0)
    return { type: 'unschedulable', message: 'no nodes available to schedule pods' };
  const claims = claimsOfPod(pod, storage);
  if (typeof claims === 'string') {
    // The last two words come from the preemption that is not tried, in the scheduler's own wording.
    const message = `0/${placements.length} nodes are available: ${claims}. not found`;
    return { type: 'unschedulable', message };
  }
  const isClaimTaken = hasClaimConflict(claims, placements);
  const misfits: Misfit[] = [];
  let best: { nodeName: string; room: number; volumes: readonly VolumeChoice[] } | undefined;
  for (const placement of placements) {
    const volumes = volumesOnNode(claims, placement.node, storage);
    const misfit = misfitOf(pod, placement, placements, { isClaimTaken, volumes });
    if (misfit !== undefined || typeof volumes === 'string') {
      if (misfit !== undefined) misfits.push(misfit);
      continue;
    }
    const room = roomLeft(pod, placement);
    const nodeName = placement.node.metadata.name;
    if (best === undefined || room > best.room) best = { nodeName, room, volumes };
  }
  if (best !== undefined) return { type: 'bind', nodeName: best.nodeName, volumes: best.volumes };
  return { type: 'unschedulable', message: messageOf(pod, misfits) };
}

function misfitOf(
  pod: DeepReadonly<Pod>,
  placement: Placement,
  placements: readonly Placement[],
  { isClaimTaken, volumes }: NodeStorage,
): Misfit | undefined {
  const { node } = placement;
  const never = (reason: string): Misfit => ({ reasons: [reason], isCrowded: false });
  const crowded = (reason: string): Misfit => ({ reasons: [reason], isCrowded: true });
  const taints = node.spec?.taints ?? [];
  const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable === true && !isTolerated(pod, cordon))
    return never('node(s) were unschedulable');
  if (taints.some((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(pod, taint))) {
    return never('node(s) had untolerated taint(s)');
  }
  if (!fitsNodeAffinity(pod, node))
    return never("node(s) didn't match Pod's node affinity/selector");
  if (hasPortConflict(pod, placement.pods)) {
    return crowded("node(s) didn't have free ports for the requested pod ports");
  }
  const lacking = lackingResources(pod, placement);
  if (lacking !== undefined) return lacking;
  if (isClaimTaken) {
    return crowded(
      'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
    );
  }
  if (typeof volumes === 'string') return never(volumes);
  const conflict =
    topologySpreadConflict(pod, node, placements) ?? podAffinityConflict(pod, node, placements);
  return conflict && { reasons: [conflict.reason], isCrowded: conflict.isCrowded };
}

function usedOn({ pods }: Placement): Amounts {
  return pods.map(requestsOf).reduce(sumOf, new Map());
}

function lackingResources(pod: DeepReadonly<Pod>, placement: Placement): Misfit | undefined {
  const allocatable = amountsOf(placement.node.status?.allocatable);
  const used = usedOn(placement);
  const reasons: string[] = [];
  let isCrowded = true;
  for (const [name, wanted] of requestsOf(pod)) {
    const size = allocatable.get(name) ?? 0;
    if (wanted === 0 || (used.get(name) ?? 0) + wanted <= size) continue;
    reasons.push(name === 'pods' ? 'Too many pods' : `Insufficient ${name}`);
    if (wanted > size) isCrowded = false;
  }
  return reasons.length === 0 ? undefined : { reasons, isCrowded };
}

/** The smallest share of cpu and memory that would stay free, from 0 to 1. */
function roomLeft(pod: DeepReadonly<Pod>, placement: Placement): number {
  const allocatable = amountsOf(placement.node.status?.allocatable);
  const used = sumOf(usedOn(placement), requestsOf(pod));
  return Math.min(
    ...['cpu', 'memory', 'pods'].map((name) => {
      const size = allocatable.get(name) ?? 0;
      return size === 0 ? 0 : 1 - (used.get(name) ?? 0) / size;
    }),
  );
}

function countsOf(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

function messageOf(pod: DeepReadonly<Pod>, misfits: readonly Misfit[]): string {
  const head = `0/${misfits.length} nodes are available:`;
  const why = countsOf(misfits.flatMap(({ reasons }) => reasons));
  const preemption =
    pod.spec?.preemptionPolicy === 'Never'
      ? 'not eligible due to preemptionPolicy=Never.'
      : `${head} ${countsOf(
          misfits.map(({ isCrowded }) =>
            isCrowded
              ? 'No preemption victims found for incoming pod'
              : 'Preemption is not helpful for scheduling',
          ),
        )}.`;
  return `${head} ${why}. no new claims to deallocate, preemption: ${preemption}`;
}

/** Nodes with the pods bound to them that still hold resources. */
export function placementsOf(
  nodes: readonly DeepReadonly<Stored<Node>>[],
  pods: readonly DeepReadonly<Stored<Pod>>[],
): Placement[] {
  const byNode = new Map<string, DeepReadonly<Stored<Pod>>[]>();
  for (const pod of pods) {
    const name = pod.spec?.nodeName;
    if (!name || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
    const list = byNode.get(name);
    if (list === undefined) byNode.set(name, [pod]);
    else list.push(pod);
  }
  return nodes.map((node) => ({ node, pods: byNode.get(node.metadata.name) ?? [] }));
}
