import type { ContainerStatus, Pod } from '@kubewright/apimachinery';
import { isSidecar } from '../restart/restart-policy.ts';

/** The phases a kubelet reports. */
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** What the phase follows from. */
export interface PodPhaseInput {
  readonly pod: Pod;
  readonly initStatuses: readonly ContainerStatus[];
  readonly statuses: readonly ContainerStatus[];
  /** The pod is over: what has ended is not started again, whatever the restart policy says. */
  readonly isOver: boolean;
  /** A container of the main list has been created: initialisation is behind the pod. */
  readonly isInitialized: boolean;
}

/** The phase of a pod, from the states of its containers (Kubernetes: "Pod phase"). */
export function podPhase(input: PodPhaseInput): PodPhase {
  const init = initProgress(input);
  const main = mainProgress(input);
  const policy = input.pod.spec?.restartPolicy ?? 'Always';
  if (init.failed && policy === 'Never') return 'Failed';
  if (init.pending || (init.sidecarPending && !input.isInitialized)) return 'Pending';
  if (main.waiting > 0) return 'Pending';
  if (main.unknown > 0) return 'Pending';
  if (main.running > 0 || init.sidecarsRunning > 0) return 'Running';
  if (main.ended === 0) return 'Pending';
  const outcome = main.ended === main.succeeded ? 'Succeeded' : 'Failed';
  if (input.isOver) return outcome;
  if (policy === 'Always') return 'Running';
  if (outcome === 'Succeeded') return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

interface InitProgress {
  readonly pending: boolean;
  readonly failed: boolean;
  readonly sidecarPending: boolean;
  readonly sidecarsRunning: number;
}

function initProgress({ pod, initStatuses }: PodPhaseInput): InitProgress {
  let pending = false;
  let failed = false;
  let sidecarPending = false;
  let sidecarsRunning = 0;
  for (const container of pod.spec?.initContainers ?? []) {
    const status = initStatuses.find((entry) => entry.name === container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    if (isSidecar(container)) {
      if (running !== undefined) sidecarsRunning += 1;
      const hasRun = terminated !== undefined || status?.lastState?.terminated !== undefined;
      if (running === undefined ? !hasRun : status?.started !== true) sidecarPending = true;
      continue;
    }
    const end = terminated ?? (waiting === undefined ? undefined : status?.lastState?.terminated);
    if (end === undefined) pending = true;
    else if (end.exitCode !== 0) failed = true;
  }
  return { pending, failed, sidecarPending, sidecarsRunning };
}

interface MainProgress {
  readonly waiting: number;
  readonly running: number;
  readonly ended: number;
  readonly succeeded: number;
  readonly unknown: number;
}

function mainProgress({ pod, statuses }: PodPhaseInput): MainProgress {
  const count = { waiting: 0, running: 0, ended: 0, succeeded: 0, unknown: 0 };
  for (const container of pod.spec?.containers ?? []) {
    const status = statuses.find((entry) => entry.name === container.name);
    if (status?.state?.running !== undefined) count.running += 1;
    else if (status?.state?.terminated !== undefined) {
      count.ended += 1;
      if (status.state.terminated.exitCode === 0) count.succeeded += 1;
    } else if (status?.state?.waiting !== undefined) {
      // It ran before: between two lives the pod is not pending.
      if (status.lastState?.terminated !== undefined) count.ended += 1;
      else count.waiting += 1;
    } else count.unknown += 1;
  }
  return count;
}
