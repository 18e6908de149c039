import {
  setCondition,
  type DeepReadonly,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  type Stored,
} from '@kubewright/apimachinery';
import { isPodReady } from '../pods/pod-state.ts';

/** For how long a pod that may go is awaited to go, in milliseconds. As in the field's disruption controller. */
const deletionTimeoutMs = 120_000;

/** What the status of a budget is made of. */
export interface BudgetScene {
  readonly budget: DeepReadonly<Stored<PodDisruptionBudget>>;
  /** The pods that the budget counts. */
  readonly pods: readonly DeepReadonly<Stored<Pod>>[];
  /** How many pods those that control them ask for, all together. */
  readonly scale: number;
  readonly nowMs: number;
}

/** A status, and when it has to be looked at again though nothing changed. */
export interface BudgetVerdict {
  readonly status: PodDisruptionBudgetStatus;
  readonly recheckInMs: number | undefined;
}

/** A count, or a part of `total`, rounded up. */
function share(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** Whether the budget counts what its controllers ask for, and not the pods that are there. */
export function countsScale({ spec }: DeepReadonly<PodDisruptionBudget>): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

function expectations({ budget, pods, scale }: BudgetScene): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const expected = countsScale(budget) ? scale : pods.length;
  if (maxUnavailable !== undefined) {
    return { expected, desired: Math.max(0, expected - share(maxUnavailable, expected)) };
  }
  if (minAvailable === undefined) return { expected: 0, desired: 0 };
  return { expected, desired: share(minAvailable, expected) };
}

/** The pods that may go and are still there, with the time of their evictions. */
function awaited({ budget, pods, nowMs }: BudgetScene): Map<string, string> {
  const names = new Set(
    pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name),
  );
  const times = Object.entries(budget.status?.disruptedPods ?? {});
  return new Map(
    times.filter(([name, time]) => names.has(name) && Date.parse(time) + deletionTimeoutMs > nowMs),
  );
}

/** How many pods of a budget may go now. */
export function budgetStatus(scene: BudgetScene): BudgetVerdict {
  const { budget, pods, nowMs } = scene;
  const { expected, desired } = expectations(scene);
  const disrupted = awaited(scene);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      !disrupted.has(pod.metadata.name) &&
      isPodReady(pod),
  ).length;
  // A budget that counts nothing yet says nothing about the first pods to come.
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    observedGeneration: budget.metadata.generation,
    reason,
  } as const;
  const times = [...disrupted.values()].map((time) => Date.parse(time) + deletionTimeoutMs - nowMs);
  return {
    status: {
      ...(disrupted.size === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
      observedGeneration: budget.metadata.generation,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: setCondition(budget.status?.conditions, condition, new Date(nowMs)),
    },
    recheckInMs: times.length === 0 ? undefined : Math.min(...times),
  };
}
