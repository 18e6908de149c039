import type { KubernetesObject } from '@kubewright/apimachinery';
import { read, stay, watch } from './next-step.ts';
import { stepInitialEvents } from './step-initial-events.ts';
import { stepListing } from './step-listing.ts';
import { stepWatching } from './step-watching.ts';
import type { InitialRead, Waiting, WatchInput, WatchState, WatchStep } from './watch-state.ts';

/** The state before the first step. */
export function initialWatchState(read: InitialRead = { by: 'list' }): WatchState {
  return { phase: 'idle', read };
}

/**
 * The rules by which a collection is read and followed, as a pure function: from where the reading is and what
 * happened to where it goes and what to do.
 *
 * Guarantees: no input ends it. A closed or broken watch goes on from the last version; everything is read again only when
 * that version is not to be had any more. Knowledge never goes back in time, except by a read of the latest state.
 *
 * Assumptions: versions of one resource grow, as the API promises; versions that are no numbers are taken as they come.
 *
 * @param nowMs monotonic time in milliseconds
 */
export function step<T extends KubernetesObject>(
  state: WatchState,
  input: WatchInput<T>,
  nowMs: number,
): WatchStep<T> {
  switch (state.phase) {
    case 'idle':
      return input.type === 'start'
        ? read({ ...state, version: undefined, attempts: 0, problem: undefined }, false)
        : stay(state);
    case 'listing':
      return stepListing(state, input, nowMs);
    case 'initial-events':
      return stepInitialEvents(state, input, nowMs);
    case 'watching':
      return stepWatching(state, input, nowMs);
    case 'waiting':
      return input.type === 'waited' ? stepWaited(state, nowMs) : stay(state);
    default:
      return state satisfies never;
  }
}

function stepWaited<T extends KubernetesObject>(state: Waiting, nowMs: number): WatchStep<T> {
  return state.next === 'watch' && state.version !== undefined
    ? watch({ ...state, version: state.version }, false, nowMs)
    : read(state, state.next === 'read-consistent');
}
