import { StatusError, type KubernetesObject } from '@kubewright/apimachinery';
import type { WatchChange } from './lister-watcher.ts';
import { reconnectWait } from './reconnect-backoff.ts';
import { isOlder } from './resource-version.ts';
import { closure, problemOf, silence, type WatchProblem } from './watch-problem.ts';
import type {
  InitialEvents,
  InitialRead,
  Listing,
  Waiting,
  Watching,
  WatchInput,
  WatchState,
  WatchStep,
} from './watch-state.ts';

/** A watch that lasted this long was healthy: its end is no failure and the next wait is the shortest again. */
export const healthyAfterMs = 10_000;

/** Marks the bookmark after the last of the initial events (API concepts, "Streaming lists"). */
const initialEventsEnd = 'k8s.io/initial-events-end';

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

function stepListing<T extends KubernetesObject>(
  state: Listing,
  input: WatchInput<T>,
  nowMs: number,
): WatchStep<T> {
  switch (input.type) {
    case 'item':
      return { state: heard(state), actions: [{ type: 'store', object: input.object }] };
    case 'list-ended':
      return stepListEnded(heard(state), input.version, input.continue, nowMs);
    case 'failed':
      return listFailed(state, problemOf('list', input.error));
    case 'silent':
      return listFailed(state, silence('list'));
    default:
      return stay(state);
  }
}

function stepListEnded<T extends KubernetesObject>(
  state: Listing,
  version: string | undefined,
  continueToken: string | undefined,
  nowMs: number,
): WatchStep<T> {
  const listVersion = state.listVersion ?? version;
  if (listVersion === undefined || listVersion === '') {
    const message = 'the server sent a list without a resourceVersion';
    return listFailed(state, { kind: 'malformed', verb: 'list', message });
  }
  if (isStale(state, listVersion)) return read(state, true);
  if (continueToken !== undefined && continueToken !== '') {
    const limit = state.read.by === 'pages' ? { limit: state.read.pageSize } : {};
    // The token holds the version; a server refuses another one beside it.
    const page = { type: 'list', resourceVersion: '', continue: continueToken, ...limit } as const;
    return { state: { ...state, listVersion }, actions: [page] };
  }
  const next = watch<T>({ ...state, version: listVersion }, true, nowMs);
  return {
    state: next.state,
    actions: [{ type: 'complete', version: listVersion }, ...next.actions],
  };
}

/** A server behind a load balancer may answer from a cache that lags behind what another one has told. */
function isStale(state: Listing, listVersion: string | undefined): boolean {
  return (
    !state.isConsistent &&
    state.version !== undefined &&
    listVersion !== undefined &&
    isOlder(listVersion, state.version)
  );
}

function listFailed<T extends KubernetesObject>(
  state: Listing,
  problem: WatchProblem,
): WatchStep<T> {
  // A version or a page that is not to be had: ask for the latest state, and in one piece.
  const isUnreachableVersion = problem.kind === 'expired' || problem.kind === 'ahead';
  return wait({
    ...state,
    read: problem.kind === 'expired' ? { by: 'list' } : state.read,
    problem,
    next: isUnreachableVersion || state.isConsistent ? 'read-consistent' : 'read',
  });
}

function stepInitialEvents<T extends KubernetesObject>(
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

function stepWatching<T extends KubernetesObject>(
  state: Watching,
  input: WatchInput<T>,
  nowMs: number,
): WatchStep<T> {
  switch (input.type) {
    case 'change':
      return stepChange(heardWatch(state), input.change);
    case 'watch-ended':
      return watchEnded(state, closure(), nowMs);
    case 'failed':
      return watchEnded(state, problemOf('watch', input.error), nowMs);
    case 'silent':
      return watchEnded(state, silence('watch'), nowMs);
    default:
      return stay(state);
  }
}

function stepChange<T extends KubernetesObject>(
  state: Watching,
  change: WatchChange<T>,
): WatchStep<T> {
  const version = change.object.metadata.resourceVersion;
  const isNew = version !== state.version && !isOlder(version, state.version);
  const next = isNew ? { ...state, version } : state;
  switch (change.type) {
    case 'BOOKMARK':
      return isNew ? { state: next, actions: [{ type: 'progress', version }] } : stay(state);
    case 'DELETED':
      // Also when the version is not new: some servers send the last one. The cache decides by uid.
      return { state: next, actions: [{ type: 'remove', object: change.object }] };
    case 'ADDED':
    case 'MODIFIED':
      // A repeated change could bring back an object that was deleted since.
      return isNew
        ? { state: next, actions: [{ type: 'store', object: change.object }] }
        : stay(state);
    default:
      return change satisfies never;
  }
}

function watchEnded<T extends KubernetesObject>(
  state: Watching,
  problem: WatchProblem,
  nowMs: number,
): WatchStep<T> {
  const attempts = wasHealthy(state, problem, nowMs) ? 0 : state.attempts;
  const next = nextAfterWatch(state, problem);
  if (!mayGoOnAtOnce(state, problem, attempts)) return wait({ ...state, attempts, problem, next });
  const from = { ...state, attempts: Math.max(1, attempts) };
  return next === 'watch' ? watch(from, false, nowMs) : read(from, next === 'read-consistent');
}

function wasHealthy(state: Watching, problem: WatchProblem, nowMs: number): boolean {
  return problem.kind === 'silent' ? state.isHeard : nowMs - state.startedMs >= healthyAfterMs;
}

function nextAfterWatch(state: Watching, problem: WatchProblem): Waiting['next'] {
  switch (problem.kind) {
    case 'silent':
      // A server that was restored from a backup takes a watch from a version that it will reach one day, and says nothing until then.
      return state.isHeard ? 'watch' : 'read';
    case 'expired':
    case 'missing':
      return 'read';
    case 'ahead':
      return 'read-consistent';
    default:
      return 'watch';
  }
}

/** Servers close watches every few minutes, connections fall silent, and versions expire while one is away: no reason to wait. */
function mayGoOnAtOnce(state: Watching, problem: WatchProblem, attempts: number): boolean {
  switch (problem.kind) {
    case 'closed':
    case 'silent':
      return attempts === 0;
    case 'expired':
    case 'ahead':
      return attempts === 0 || !state.isAfterPicture;
    default:
      return false;
  }
}

function stepWaited<T extends KubernetesObject>(state: Waiting, nowMs: number): WatchStep<T> {
  return state.next === 'watch' && state.version !== undefined
    ? watch({ ...state, version: state.version }, false, nowMs)
    : read(state, state.next === 'read-consistent');
}

/** What one state hands to the next. */
type Carried = Pick<Listing, 'read' | 'version' | 'attempts' | 'problem'>;

/** Begins a complete picture. */
function read<T extends KubernetesObject>(from: Carried, wantsLatest: boolean): WatchStep<T> {
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
function watch<T extends KubernetesObject>(
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
function wait<T extends KubernetesObject>(
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
function heard<S extends Listing | InitialEvents>(state: S): S {
  return state.problem === undefined ? state : { ...state, problem: undefined };
}

function heardWatch(state: Watching): Watching {
  return state.isHeard ? state : { ...state, problem: undefined, isHeard: true };
}

function stay<T extends KubernetesObject>(state: WatchState): WatchStep<T> {
  return { state, actions: [] };
}
