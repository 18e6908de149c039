import { availableInMs, isPodReady } from '../pods/pod-state.ts';
import {
  bySeniority,
  fitnessOf,
  isUpdated,
  type ReadonlyDaemonSet,
  type ReadonlyNode,
  type ReadonlyPod,
} from './daemon-pods.ts';

/** What a DaemonSet has, and where it could have more. */
export interface DaemonState {
  readonly set: ReadonlyDaemonSet;
  /** Hash of the present template. */
  readonly hash: string;
  readonly nodes: readonly ReadonlyNode[];
  /** Pods by the name of their node, also of nodes that are gone; without those that have ended and are being deleted. */
  readonly podsByNode: ReadonlyMap<string, readonly ReadonlyPod[]>;
  readonly nowMs: number;
}

/** What is to be done. */
export interface DaemonPlan {
  /** Names of nodes that need a pod. */
  readonly create: readonly string[];
  readonly remove: readonly ReadonlyPod[];
}

/** A pod that has ended on a node that should have one: it is removed, so that another can take its place. */
export interface EndedDaemon {
  readonly pod: ReadonlyPod;
  readonly nodeName: string;
}

const isLeaving = ({ metadata }: ReadonlyPod): boolean => metadata.deletionTimestamp !== undefined;
const phaseOf = ({ status }: ReadonlyPod): string | undefined => status?.phase;

function isAvailable({ set, nowMs }: DaemonState, pod: ReadonlyPod): boolean {
  return availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0;
}

/** The bounds of a rollout in pods; both round up. One of them is at least 1, so that it can always go on. */
export function daemonBounds(state: DaemonState): {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
} {
  const { set, nodes } = state;
  const strategy = set.spec?.updateStrategy;
  if (strategy?.type !== 'RollingUpdate') return { maxSurge: 0, maxUnavailable: 0 };
  const wanted = nodes.filter((node) => fitnessOf(set, node).shouldRun).length;
  const scaled = (value: number | string | undefined): number =>
    typeof value === 'string'
      ? Math.ceil((Number.parseInt(value, 10) * wanted) / 100)
      : (value ?? 0);
  const maxSurge = scaled(strategy.rollingUpdate?.maxSurge);
  const maxUnavailable = scaled(strategy.rollingUpdate?.maxUnavailable);
  return maxSurge === 0 && maxUnavailable === 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable };
}

/** Pods that have ended where one should run. */
export function endedDaemons({ set, nodes, podsByNode }: DaemonState): EndedDaemon[] {
  return nodes
    .filter((node) => fitnessOf(set, node).mayStay)
    .flatMap(({ metadata: { name } }) =>
      (podsByNode.get(name) ?? [])
        .filter((pod) => !isLeaving(pod))
        .filter((pod) => phaseOf(pod) === 'Failed' || phaseOf(pod) === 'Succeeded')
        .map((pod) => ({ pod, nodeName: name })),
    );
}

/**
 * One pod on each node that should have one, none elsewhere.
 *
 * Pods that have ended are not in it: see {@link endedDaemons}.
 */
export function planNodes(state: DaemonState): DaemonPlan {
  const { set, nodes, podsByNode } = state;
  const create: string[] = [];
  const remove: ReadonlyPod[] = [];
  const mayHaveTwo = daemonBounds(state).maxSurge > 0;
  for (const node of nodes) {
    const { name } = node.metadata;
    const { shouldRun, mayStay } = fitnessOf(set, node);
    const pods = podsByNode.get(name) ?? [];
    if (shouldRun && pods.length === 0) create.push(name);
    else if (!mayStay) remove.push(...pods.filter((pod) => !isLeaving(pod)));
    else {
      const running = bySeniority(
        pods.filter(
          (pod) => !isLeaving(pod) && phaseOf(pod) !== 'Failed' && phaseOf(pod) !== 'Succeeded',
        ),
      );
      if (!mayHaveTwo) remove.push(...running.slice(1));
      else if (running.length === 0 && shouldRun) create.push(name);
      else if (running.length > 1) remove.push(...surplusOf(state, running));
    }
  }
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const [name, pods] of podsByNode) {
    // What runs on a node that is gone is removed by others; what waits for one is nobody's but ours.
    if (!known.has(name)) remove.push(...pods.filter(({ spec }) => !spec?.nodeName));
  }
  return { create, remove };
}

/** With surge there may be two: the old one, as long as it is ready and the new one is not available. */
function surplusOf(state: DaemonState, running: readonly ReadonlyPod[]): ReadonlyPod[] {
  const [updated, old] = [
    running.filter((pod) => isUpdated(pod, state.set, state.hash)),
    running.filter((pod) => !isUpdated(pod, state.set, state.hash)),
  ];
  const surplus = [...updated.slice(1), ...old.slice(1)];
  const [newest, oldest] = [updated[0], old[0]];
  if (newest !== undefined && oldest !== undefined) {
    if (!isPodReady(oldest) || isAvailable(state, newest)) surplus.push(oldest);
  }
  return surplus;
}

/** The pods of a node by template; undefined when there is more than one of a kind, which is mended first. */
function pairOf(
  state: DaemonState,
  pods: readonly ReadonlyPod[],
):
  { readonly updated: ReadonlyPod | undefined; readonly old: ReadonlyPod | undefined } | undefined {
  const staying = pods.filter((pod) => !isLeaving(pod));
  const updated = staying.filter((pod) => isUpdated(pod, state.set, state.hash));
  const old = staying.filter((pod) => !isUpdated(pod, state.set, state.hash));
  return updated.length > 1 || old.length > 1 ? undefined : { updated: updated[0], old: old[0] };
}

/** The next steps from old pods to new ones, within the bounds of the rollout. */
export function planRollout(state: DaemonState): DaemonPlan {
  if (state.set.spec?.updateStrategy?.type !== 'RollingUpdate') return { create: [], remove: [] };
  const wanted = state.nodes.filter((node) => fitnessOf(state.set, node).shouldRun);
  const names = new Set([
    ...wanted.map(({ metadata }) => metadata.name),
    ...state.podsByNode.keys(),
  ]);
  const { maxSurge, maxUnavailable } = daemonBounds(state);
  return maxSurge === 0
    ? planReplacement(state, names, maxUnavailable)
    : planSurge(state, names, maxSurge, wanted.length);
}

/** Old pods are removed first; those that are of no use at once, of the others as many as may be missed. */
function planReplacement(
  state: DaemonState,
  names: ReadonlySet<string>,
  maxUnavailable: number,
): DaemonPlan {
  const useless: ReadonlyPod[] = [];
  const candidates: ReadonlyPod[] = [];
  let unavailable = 0;
  for (const name of names) {
    const pair = pairOf(state, state.podsByNode.get(name) ?? []);
    const { updated, old } = pair ?? {};
    if ((updated === undefined) === (old === undefined)) unavailable += 1;
    else if (updated !== undefined) unavailable += isAvailable(state, updated) ? 0 : 1;
    else if (old !== undefined && !isAvailable(state, old)) {
      useless.push(old);
      unavailable += 1;
    } else if (old !== undefined) candidates.push(old);
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return { create: [], remove: [...useless, ...candidates.slice(0, room)] };
}

/** New pods are made beside the old ones, which go when those are available. */
function planSurge(
  state: DaemonState,
  names: ReadonlySet<string>,
  maxSurge: number,
  wanted: number,
): DaemonPlan {
  const { set, nodes } = state;
  const fits = new Set(
    nodes.filter((node) => fitnessOf(set, node).shouldRun).map(({ metadata }) => metadata.name),
  );
  const remove: ReadonlyPod[] = [];
  const misplaced: ReadonlyPod[] = [];
  const urgent: string[] = [];
  const candidates: string[] = [];
  let [surging, available] = [0, 0];
  for (const name of names) {
    const pair = pairOf(state, state.podsByNode.get(name) ?? []);
    if (pair === undefined) {
      surging += 1;
      continue;
    }
    const { updated, old } = pair;
    const counted = old ?? updated;
    if (counted !== undefined && isAvailable(state, counted)) available += 1;
    if (old === undefined) continue;
    if (updated !== undefined) {
      if (isAvailable(state, updated)) remove.push(old);
      else surging += 1;
    } else if (!isAvailable(state, old)) {
      if (fits.has(name)) urgent.push(name);
      else remove.push(old);
    } else if (fits.has(name)) candidates.push(name);
    else misplaced.push(old);
  }
  return {
    create: [...urgent, ...candidates.slice(0, Math.max(0, maxSurge - surging))],
    // A pod on a node that should have none goes when enough others are there.
    remove: [...remove, ...misplaced.slice(0, Math.max(0, available - wanted))],
  };
}
