import { StatusError, type KubernetesObject } from '@kubewright/apimachinery';
import { reconnectWait } from './reconnect-backoff.ts';
import type { InitialEvents, Listing, Waiting, WatchState, WatchStep } from './watch-state.ts';

/** What one state hands to the next. */
export type Carried = Pick<Listing, 'read' | 'version' | 'attempts' | 'problem'>;

/** Begins a complete picture. */
export function read<T extends KubernetesObject>(
  from: Carried,
  wantsLatest: boolean,
): WatchStep<T> {
  const { read: how, version, attempts, problem } = from;
  if (how.by === 'watch' && !wantsLatest) {
    return {
      state: { phase: 'initial-events', read: how, version, attempts, problem },
      actions: [
        { type: 'begin', isAuthoritative: false },
        { type: 'watch', resourceVersion: version ?? '0', sendInitialEvents: true },
      ],
    };
  }
  // Servers ignore a limit beside `resourceVersion=0`, so pages are always read from the latest state.
  const isConsistent = wantsLatest || how.by === 'pages';
  return {
    state: {
      phase: 'listing',
      read: how,
      version,
      attempts,
      problem,
      isConsistent,
      listVersion: undefined,
    },
    actions: [
      { type: 'begin', isAuthoritative: isConsistent },
      {
        type: 'list',
        resourceVersion: isConsistent ? '' : (version ?? '0'),
        ...(isConsistent || version === undefined ? {} : { resourceVersionMatch: 'NotOlderThan' }),
        ...(how.by === 'pages' ? { limit: how.pageSize } : {}),
      },
    ],
  };
}

/** Begins a watch after a version. */
export function watch<T extends KubernetesObject>(
  from: Carried & { readonly version: string },
  isAfterPicture: boolean,
  nowMs: number,
): WatchStep<T> {
  const { read: how, version, attempts, problem } = from;
  return {
    state: {
      phase: 'watching',
      read: how,
      version,
      attempts,
      problem,
      startedMs: nowMs,
      isAfterPicture,
      isHeard: false,
    },
    actions: [{ type: 'watch', resourceVersion: version, sendInitialEvents: false }],
  };
}

/** Puts the next try off. */
export function wait<T extends KubernetesObject>(
  from: Carried & Pick<Waiting, 'problem' | 'next'>,
): WatchStep<T> {
  const { read: how, version, attempts, problem, next } = from;
  const { cause } = problem;
  const retryAfterSeconds = cause instanceof StatusError ? cause.retryAfterSeconds : undefined;
  return {
    state: { phase: 'waiting', read: how, version, attempts: attempts + 1, problem, next },
    actions: [{ type: 'wait', ...reconnectWait(attempts, retryAfterSeconds) }],
  };
}

/** The server speaks: what the last try met is over. */
export function heard<S extends Listing | InitialEvents>(state: S): S {
  return state.problem === undefined ? state : { ...state, problem: undefined };
}

/** Goes on with what is under way. */
export function stay<T extends KubernetesObject>(state: WatchState): WatchStep<T> {
  return { state, actions: [] };
}
