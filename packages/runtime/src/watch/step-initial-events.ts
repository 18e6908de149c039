import type { KubernetesObject } from '@kubewright/apimachinery';
import type { WatchChange } from './lister-watcher.ts';
import { heard, read, stay, wait, watch } from './next-step.ts';
import { closure, problemOf, silence, type WatchProblem } from './watch-problem.ts';
import type { InitialEvents, WatchInput, WatchStep } from './watch-state.ts';

/** Marks the bookmark after the last of the initial events (API concepts, "Streaming lists"). */
const initialEventsEnd = 'k8s.io/initial-events-end';

/** What happens while a watch brings what was there before it. */
export function stepInitialEvents<T extends KubernetesObject>(
  state: InitialEvents,
  input: WatchInput<T>,
  nowMs: number,
): WatchStep<T> {
  switch (input.type) {
    case 'change':
      return stepInitialEvent(heard(state), input.change, nowMs);
    case 'watch-ended':
      return initialEventsFailed(state, closure());
    case 'failed':
      return initialEventsFailed(state, problemOf('watch', input.error));
    case 'silent':
      return initialEventsFailed(state, silence('watch'));
    default:
      return stay(state);
  }
}

function stepInitialEvent<T extends KubernetesObject>(
  state: InitialEvents,
  change: WatchChange<T>,
  nowMs: number,
): WatchStep<T> {
  switch (change.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { state, actions: [{ type: 'store', object: change.object }] };
    case 'DELETED':
      return { state, actions: [{ type: 'remove', object: change.object }] };
    case 'BOOKMARK': {
      const { annotations, resourceVersion: version } = change.object.metadata;
      if (annotations?.[initialEventsEnd] !== 'true') return stay(state);
      // From here on this watch is like any other.
      const { state: watching } = watch<T>({ ...state, version }, true, nowMs);
      return { state: watching, actions: [{ type: 'complete', version }] };
    }
    default:
      return change satisfies never;
  }
}

function initialEventsFailed<T extends KubernetesObject>(
  state: InitialEvents,
  problem: WatchProblem,
): WatchStep<T> {
  if (problem.kind === 'unsupported') return read({ ...state, read: { by: 'list' } }, false);
  const isUnreachableVersion = problem.kind === 'expired' || problem.kind === 'ahead';
  return wait({ ...state, problem, next: isUnreachableVersion ? 'read-consistent' : 'read' });
}
