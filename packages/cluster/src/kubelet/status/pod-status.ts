import {
  formatTime,
  type ContainerStatus,
  type Pod,
  type PodCondition,
  type PodStatus,
} from '@kubewright/apimachinery';
import { newestLife } from '../restart/restart-policy.ts';
import type { PodRuntimeState } from '../runtime/contracts.ts';
import {
  containersOf,
  containerStatuses,
  type ContainerKind,
  type StartFailure,
} from './container-statuses.ts';
import { isKubeletCondition, podConditions, withTransitionTimes } from './pod-conditions.ts';
import { podPhase, type PodPhase } from './pod-phase.ts';
import { podResourceFields } from './pod-resources.ts';
import { withReadiness, type ProbeFindings } from './readiness.ts';

/** Everything a pod's status is computed from. */
export interface PodStatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntimeState;
  /** The status as last reported or, at first, as the API server has it. */
  readonly previous: PodStatus;
  readonly failures: ReadonlyMap<string, StartFailure>;
  /** What the probes say of the newest life of a container. */
  readonly findings: (container: string, kind: ContainerKind) => ProbeFindings;
  /** The pod is over: its containers were stopped for good or are about to be. */
  readonly isOver: boolean;
  /** Why the kubelet ends the pod (a deadline, a rejection); makes it Failed. */
  readonly verdict: { readonly reason: string; readonly message: string } | undefined;
  readonly hostIp: string;
  readonly nowMs: number;
}

/** A status, and the phase that follows from the containers alone. */
export interface ComputedPodStatus {
  readonly status: PodStatus;
  /** The pod has done its work, failed for good or was condemned: it must be wound up. */
  readonly isFinal: boolean;
}

/**
 * The status of a pod as a kubelet reports it.
 *
 * A pod that ended by itself keeps its phase until {@link PodStatusInput.isOver}: conditions then already say
 * `PodCompleted` or `PodFailed`, the phase follows when everything is wound up.
 */
export function podStatus(input: PodStatusInput): ComputedPodStatus {
  const { pod, runtime, previous } = input;
  const initStatuses = statusesOf('init', input);
  const statuses = statusesOf('main', input);
  const ephemeral = statusesOf('ephemeral', input);
  const isInitialized = hasInitialized(pod, runtime);
  const computed = podPhase({ pod, initStatuses, statuses, isOver: input.isOver, isInitialized });
  const phase: PodPhase = input.verdict === undefined ? computed : 'Failed';
  const isFinal = phase === 'Succeeded' || phase === 'Failed';
  const now = formatTime(new Date(input.nowMs));
  const conditions = podConditions({
    pod,
    phase,
    initStatuses,
    statuses,
    sandboxReady: runtime.sandbox?.ready === true,
    isInitialized,
    conditions: previous.conditions ?? [],
  });
  const ip = runtime.sandbox?.ip ?? previous.podIP;
  const generation = pod.metadata.generation;
  const status: PodStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: isFinal && !input.isOver ? livePhase(previous.phase) : phase,
    conditions: [
      ...withTransitionTimes(conditions, previous.conditions ?? [], now),
      ...foreignConditions(previous.conditions ?? []),
    ],
    ...(input.verdict ?? {}),
    hostIP: input.hostIp,
    hostIPs: [{ ip: input.hostIp }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: previous.startTime ?? now,
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    ...(previous.qosClass === undefined ? {} : { qosClass: previous.qosClass }),
    ...podResourceFields(pod),
  };
  return { status, isFinal };
}

/** A container of the main list has been created. */
export function hasInitialized(pod: Pod, runtime: PodRuntimeState): boolean {
  return (pod.spec?.containers ?? []).some(
    (container) => newestLife(runtime.containers, container.name) !== undefined,
  );
}

/** The phase of a pod that is not wound up yet. */
function livePhase(previous: string | undefined): PodPhase {
  return previous === 'Running' || previous === 'Succeeded' || previous === 'Failed'
    ? previous
    : 'Pending';
}

function statusesOf(kind: ContainerKind, input: PodStatusInput): ContainerStatus[] {
  const { previous } = input;
  const reported = {
    init: previous.initContainerStatuses,
    main: previous.containerStatuses,
    ephemeral: previous.ephemeralContainerStatuses,
  }[kind];
  const containers = containersOf(kind, input.pod);
  return containerStatuses(kind, { ...input, previous: reported ?? [] }).map((status) => {
    const container = containers.find((entry) => entry.name === status.name);
    if (container === undefined) return status;
    return withReadiness(kind, container, status, input.findings(status.name, kind));
  });
}

/** Conditions that others set, such as readiness gates and `DisruptionTarget`. */
function foreignConditions(conditions: readonly PodCondition[]): PodCondition[] {
  return conditions.filter((condition) => !isKubeletCondition(condition));
}
