import type { KubernetesObject } from '@kubewright/apimachinery';
import type { WatchChange } from './lister-watcher.ts';
import { read, stay, wait, watch } from './next-step.ts';
import { isOlder } from './resource-version.ts';
import { closure, problemOf, silence, type WatchProblem } from './watch-problem.ts';
import type { Waiting, Watching, WatchInput, WatchStep } from './watch-state.ts';

/** A watch that lasted this long was healthy: its end is no failure and the next wait is the shortest again. */
export const healthyAfterMs = 10_000;

/** What happens while a watch brings changes. */
export function stepWatching<T extends KubernetesObject>(
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

function heardWatch(state: Watching): Watching {
  return state.isHeard ? state : { ...state, problem: undefined, isHeard: true };
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
