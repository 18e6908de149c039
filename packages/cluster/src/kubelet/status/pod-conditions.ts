import type { ContainerStatus, Pod, PodCondition } from '@kubewright/apimachinery';
import { isSidecar } from '../restart/restart-policy.ts';
import type { PodPhase } from './pod-phase.ts';

/** The conditions a kubelet owns, in the order it reports them. */
export const kubeletConditionTypes = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
] as const;

const ownTypes: ReadonlySet<string> = new Set(kubeletConditionTypes);

/** The condition is the kubelet's own; others belong to whoever set them. */
export function isKubeletCondition(condition: PodCondition): boolean {
  return ownTypes.has(condition.type);
}

/** What the conditions follow from. */
export interface PodConditionInput {
  readonly pod: Pod;
  readonly phase: PodPhase;
  readonly initStatuses: readonly ContainerStatus[];
  readonly statuses: readonly ContainerStatus[];
  /** The sandbox is there and has its network. */
  readonly sandboxReady: boolean;
  /** Initialisation is behind the pod. */
  readonly isInitialized: boolean;
  /** All conditions of the pod as last seen; readiness gates are read from them. */
  readonly conditions: readonly PodCondition[];
}

/** The kubelet's conditions of a pod, without their times. */
export function podConditions(input: PodConditionInput): PodCondition[] {
  const generation = input.pod.metadata.generation;
  const containersReady = containersReadyCondition(input);
  return [
    { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' },
    initializedCondition(input),
    readyCondition(input, containersReady),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ].map((condition) =>
    generation === undefined ? condition : { ...condition, observedGeneration: generation },
  );
}

function initializedCondition(input: PodConditionInput): PodCondition {
  const type = 'Initialized';
  const incomplete = (input.pod.spec?.initContainers ?? [])
    .filter((container) => {
      const status = input.initStatuses.find((entry) => entry.name === container.name);
      return isSidecar(container) ? status?.started !== true : status?.ready !== true;
    })
    .map((container) => container.name);
  if (incomplete.length === 0 || input.isInitialized) {
    return input.phase === 'Succeeded'
      ? { type, status: 'True', reason: 'PodCompleted' }
      : { type, status: 'True' };
  }
  if (input.phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function containersReadyCondition(input: PodConditionInput): PodCondition {
  const type = 'ContainersReady';
  if (input.phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (input.phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const all = [
    ...(input.pod.spec?.initContainers ?? []).filter(isSidecar),
    ...(input.pod.spec?.containers ?? []),
  ];
  const unready = all
    .filter((container) => {
      const statuses = [...input.initStatuses, ...input.statuses];
      return statuses.find((entry) => entry.name === container.name)?.ready !== true;
    })
    .map((container) => container.name);
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyCondition(input: PodConditionInput, containersReady: PodCondition): PodCondition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const unmet = (input.pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = input.conditions.find((entry) => entry.type === conditionType);
    if (condition === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    }
    if (condition.status === 'True') return [];
    return [
      `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`,
    ];
  });
  if (unmet.length === 0) return { type: 'Ready', status: 'True' };
  return {
    type: 'Ready',
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: unmet.length === 1 ? unmet[0] : `[${unmet.join(', ')}]`,
  };
}

/** Gives conditions their time of transition: the old one while the status is the same, otherwise now. */
export function withTransitionTimes(
  conditions: readonly PodCondition[],
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  return conditions.map((condition) => {
    const old = previous.find((entry) => entry.type === condition.type);
    const lastTransitionTime =
      old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
    return { ...condition, lastTransitionTime };
  });
}
