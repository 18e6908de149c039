import type { KubernetesObject } from '@kubewright/apimachinery';
import { heard, read, stay, wait, watch } from './next-step.ts';
import { isOlder } from './resource-version.ts';
import { problemOf, silence, type WatchProblem } from './watch-problem.ts';
import type { Listing, WatchInput, WatchStep } from './watch-state.ts';

/** What happens while a list is read. */
export function stepListing<T extends KubernetesObject>(
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
function isStale(state: Listing, listVersion: string): boolean {
  return !state.isConsistent && state.version !== undefined && isOlder(listVersion, state.version);
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
