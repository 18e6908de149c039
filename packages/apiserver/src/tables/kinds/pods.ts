import type { JsonObject } from '../../contracts.ts';
import { kindTable, type KindTable } from '../kind-table.ts';
import {
  ageOf,
  listAt,
  NONE,
  numberAt,
  objectAge,
  objectName,
  textAt,
  valueOf,
} from '../object-reader.ts';

/** What the statuses of a group of containers add up to. */
interface Tally {
  restarts: number;
  /** Milliseconds since the epoch; undefined when none ended. */
  lastEndMs: number | undefined;
}

function addRestarts(tally: Tally, status: unknown): void {
  tally.restarts += numberAt(status, 'restartCount');
  const endedAt = Date.parse(textAt(status, 'lastState.terminated.finishedAt'));
  if (!Number.isNaN(endedAt)) tally.lastEndMs = Math.max(tally.lastEndMs ?? endedAt, endedAt);
}

/** How a container ended: its reason, or else its signal or exit code. */
function endOf(terminated: unknown): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal');
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode')}` : `Signal:${signal}`;
}

function hasCondition(pod: JsonObject, type: string): boolean {
  return listAt(pod, 'status.conditions').some(
    (condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
  );
}

/** Init containers that keep running beside the others. */
function sidecarNames(pod: JsonObject): Set<string> {
  return new Set(
    listAt(pod, 'spec.initContainers')
      .filter((container) => textAt(container, 'restartPolicy') === 'Always')
      .map((container) => textAt(container, 'name')),
  );
}

/** The state of a pod while init containers hold it up; undefined once they are through. */
function initState(
  pod: JsonObject,
  status: unknown,
  index: number,
  isSidecar: boolean,
): string | undefined {
  const terminated = valueOf(status, 'state.terminated');
  if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) return undefined;
  if (isSidecar && valueOf(status, 'started') === true) return undefined;
  if (terminated !== undefined) return `Init:${endOf(terminated)}`;
  const waiting = textAt(status, 'state.waiting.reason');
  if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
  return `Init:${index}/${listAt(pod, 'spec.initContainers').length}`;
}

function initialReason(pod: JsonObject): string {
  const isGated = listAt(pod, 'status.conditions').some(
    (condition) =>
      textAt(condition, 'type') === 'PodScheduled' &&
      textAt(condition, 'reason') === 'SchedulingGated',
  );
  if (isGated) return 'SchedulingGated';
  return textAt(pod, 'status.reason') || textAt(pod, 'status.phase');
}

/** What the columns Ready, Status and Restarts tell. */
function summarize(
  pod: JsonObject,
  nowMs: number,
): { readonly ready: string; readonly reason: string; readonly restarts: string } {
  const sidecars = sidecarNames(pod);
  const all: Tally = { restarts: 0, lastEndMs: undefined };
  const lasting: Tally = { restarts: 0, lastEndMs: undefined };
  let ready = 0;
  let reason = initialReason(pod);
  let isInitializing = false;
  for (const [index, status] of listAt(pod, 'status.initContainerStatuses').entries()) {
    const isSidecar = sidecars.has(textAt(status, 'name'));
    addRestarts(all, status);
    if (isSidecar) addRestarts(lasting, status);
    const state = initState(pod, status, index, isSidecar);
    if (state === undefined) {
      const isRunning = valueOf(status, 'state.terminated') === undefined;
      if (isSidecar && isRunning && valueOf(status, 'ready') === true) ready += 1;
      continue;
    }
    reason = state;
    isInitializing = true;
    break;
  }
  let tally = all;
  if (!isInitializing || hasCondition(pod, 'Initialized')) {
    tally = lasting;
    let hasRunning = false;
    for (const status of listAt(pod, 'status.containerStatuses').reverse()) {
      addRestarts(tally, status);
      const waiting = textAt(status, 'state.waiting.reason');
      const terminated = valueOf(status, 'state.terminated');
      if (waiting !== '') reason = waiting;
      else if (terminated !== undefined) reason = endOf(terminated);
      else if (
        valueOf(status, 'ready') === true &&
        valueOf(status, 'state.running') !== undefined
      ) {
        hasRunning = true;
        ready += 1;
      }
    }
    if (reason === 'Completed' && hasRunning) {
      reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
    }
  }
  if (valueOf(pod, 'metadata.deletionTimestamp') !== undefined) {
    const phase = textAt(pod, 'status.phase');
    if (textAt(pod, 'status.reason') === 'NodeLost') reason = 'Unknown';
    else if (phase !== 'Failed' && phase !== 'Succeeded') reason = 'Terminating';
  }
  const total = listAt(pod, 'spec.containers').length + sidecars.size;
  const restarts =
    tally.restarts !== 0 && tally.lastEndMs !== undefined
      ? `${tally.restarts} (${ageOf(new Date(tally.lastEndMs).toISOString(), nowMs)} ago)`
      : String(tally.restarts);
  return { ready: `${ready}/${total}`, reason, restarts };
}

function readinessGates(pod: JsonObject): string {
  const gates = listAt(pod, 'spec.readinessGates');
  if (gates.length === 0) return NONE;
  const open = gates.filter((gate) => hasCondition(pod, textAt(gate, 'conditionType')));
  return `${open.length}/${gates.length}`;
}

/** Pods. */
export const PODS: KindTable = kindTable(
  'Name|Ready|Status|Restarts|Age|IP+|Node+|Nominated Node+|Readiness Gates+',
  (pod, nowMs) => {
    const { ready, reason, restarts } = summarize(pod, nowMs);
    const [address] = listAt(pod, 'status.podIPs');
    return [
      objectName(pod),
      ready,
      reason,
      restarts,
      objectAge(pod, nowMs),
      textAt(address, 'ip') || NONE,
      textAt(pod, 'spec.nodeName') || NONE,
      textAt(pod, 'status.nominatedNodeName') || NONE,
      readinessGates(pod),
    ];
  },
);
