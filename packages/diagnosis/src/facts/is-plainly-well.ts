import { isJsonObject } from '@kubewright/apimachinery';
import type { Observation } from '../model/index.ts';

/** What is said of every pod, on its way to be ready. */
const plainEvents: readonly unknown[] = [
  'Scheduled',
  'Pulling',
  'Pulled',
  'Created',
  'Started',
  'Unhealthy',
];

/**
 * Whether a pod runs, is ready, has never been restarted and is not about to go, so that nothing has to be asked about
 * it. Most pods are; reads the JSON as it is, in a few microseconds.
 *
 * False says nothing: the pod may still be well.
 */
export function isPlainlyWell({ pod, events = [] }: Observation): boolean {
  const { metadata, status } = membersOf(pod);
  if (membersOf(metadata)['deletionTimestamp'] !== undefined) return false;
  const { phase, reason, conditions, containerStatuses } = membersOf(status);
  const { initContainerStatuses = [], ephemeralContainerStatuses = [] } = membersOf(status);
  return (
    phase === 'Running' &&
    reason === undefined &&
    hasOnlyGoodConditions(conditions) &&
    allOf(containerStatuses, runsForTheFirstTime) &&
    allOf(
      initContainerStatuses,
      (container) => runsForTheFirstTime(container) || hasDoneItsWork(container),
    ) &&
    allOf(ephemeralContainerStatuses, () => false) &&
    allOf(events, (event) => plainEvents.includes(membersOf(event)['reason']))
  );
}

/** The pod is ready, and none of its conditions announces a disruption. */
function hasOnlyGoodConditions(conditions: unknown): boolean {
  if (!Array.isArray(conditions)) return false;
  let isReady = false;
  for (const condition of conditions) {
    const { type, status } = membersOf(condition);
    if (type === 'DisruptionTarget') return false;
    if (type === 'Ready') isReady = status === 'True';
  }
  return isReady;
}

function runsForTheFirstTime(container: unknown): boolean {
  const { ready, restartCount, state, lastState } = membersOf(container);
  return (
    ready === true &&
    restartCount === 0 &&
    membersOf(state)['running'] !== undefined &&
    membersOf(lastState)['terminated'] === undefined
  );
}

function hasDoneItsWork(container: unknown): boolean {
  const { restartCount, state } = membersOf(container);
  const { exitCode, reason } = membersOf(membersOf(state)['terminated']);
  return restartCount === 0 && exitCode === 0 && reason === 'Completed';
}

function allOf(list: unknown, test: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(test);
}

const nothing: Readonly<Record<string, unknown>> = {};

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(value) ? value : nothing;
}
