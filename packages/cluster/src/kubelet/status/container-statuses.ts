import {
  formatTime,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type EphemeralContainer,
  type Pod,
  type VolumeMountStatus,
} from '@kubewright/apimachinery';
import { shouldRun, isSidecar, retriesInit } from '../restart/restart-policy.ts';
import type { ContainerRecord, PodRuntimeState } from '../runtime/contracts.ts';

/** Why a container could not be (re)started at the last try. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

/** Which list of the pod a container is in. */
export type ContainerKind = 'init' | 'main' | 'ephemeral';

/** Everything the statuses of one list are computed from. */
export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntimeState;
  /** What was reported before; the API server's view at first. */
  readonly previous: readonly ContainerStatus[];
  /** Failures of the last tries by container name. */
  readonly failures: ReadonlyMap<string, StartFailure>;
}

/** Time of a StartError's start: the container never ran. */
const epoch = '1970-01-01T00:00:00Z';

/**
 * The statuses of one list of containers, without `ready` and `started` (see `withReadiness`).
 *
 * The list is in the order real nodes report: init containers as in the spec, the others by name.
 */
export function containerStatuses(
  kind: ContainerKind,
  input: ContainerStatusInput,
): ContainerStatus[] {
  const containers = containersOf(kind, input.pod);
  const statuses = containers.map((container) => statusOf(kind, container, input));
  return kind === 'init'
    ? statuses
    : statuses.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The containers of one list of a pod. */
export function containersOf(kind: ContainerKind, pod: Pod): readonly Container[] {
  switch (kind) {
    case 'init':
      return pod.spec?.initContainers ?? [];
    case 'main':
      return pod.spec?.containers ?? [];
    case 'ephemeral':
      return (pod.spec?.ephemeralContainers ?? []).map(asContainer);
    default:
      return kind satisfies never;
  }
}

function asContainer(ephemeral: EphemeralContainer): Container {
  const { targetContainerName: _target, ...container } = ephemeral;
  return container;
}

function statusOf(
  kind: ContainerKind,
  container: Container,
  input: ContainerStatusInput,
): ContainerStatus {
  const lives = input.runtime.containers.filter((record) => record.name === container.name);
  const [newest, before] = lives;
  const previous = input.previous.find((status) => status.name === container.name);
  if (newest === undefined) return withoutLife(kind, container, input, previous);
  const status: ContainerStatus = {
    name: container.name,
    state: stateOf(newest),
    // A life the runtime has lost is still known from what was reported.
    lastState: before === undefined ? (previous?.lastState ?? {}) : stateOf(before),
    ready: false,
    restartCount: newest.restartCount,
    image: newest.image,
    imageID: newest.imageId,
    containerID: containerIdOf(newest),
    started: false,
    ...resourceFields(container),
    ...mountFields(container),
    user: {
      linux: {
        uid: newest.user.uid,
        gid: newest.user.gid,
        supplementalGroups: [...newest.user.supplementalGroups],
      },
    },
  };
  return waitingForRestart(kind, container, input, newest, status);
}

/** A container that could not be started again waits; its end moves to `lastState`. */
function waitingForRestart(
  kind: ContainerKind,
  container: Container,
  input: ContainerStatusInput,
  newest: ContainerRecord,
  status: ContainerStatus,
): ContainerStatus {
  const failure = input.failures.get(container.name);
  if (failure === undefined || !isTriedAgain(kind, container, input.pod, newest)) return status;
  return {
    ...status,
    state: { waiting: { reason: failure.reason, message: failure.message } },
    lastState: status.state?.terminated === undefined ? status.lastState : status.state,
  };
}

function isTriedAgain(
  kind: ContainerKind,
  container: Container,
  pod: Pod,
  newest: ContainerRecord,
): boolean {
  if (kind === 'ephemeral') return newest.state.phase !== 'running';
  if (kind === 'main') return shouldRun(pod, container, newest);
  if (pod.metadata.deletionTimestamp !== undefined || newest.state.phase === 'running')
    return false;
  // Real nodes never show an init container or sidecar that ended with 0 as waiting, even while it is held back.
  if (newest.state.phase === 'exited' && newest.state.exitCode === 0) return false;
  if (isSidecar(container) || newest.state.phase === 'created') return true;
  return retriesInit(pod, container, newest.state.exitCode);
}

function withoutLife(
  kind: ContainerKind,
  container: Container,
  input: ContainerStatusInput,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  // The records of an init container that has done its work may be gone: what was reported stays.
  if (kind === 'init' && previous?.state?.terminated !== undefined) return previous;
  const initialising = kind !== 'ephemeral' && (input.pod.spec?.initContainers ?? []).length > 0;
  const failure = input.failures.get(container.name);
  const status: ContainerStatus = {
    name: container.name,
    state: {
      waiting: failure ?? { reason: initialising ? 'PodInitializing' : 'ContainerCreating' },
    },
    lastState: previous?.lastState ?? {},
    ready: false,
    restartCount: previous?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
    ...mountFields(container),
  };
  if (previous?.state?.running === undefined) return status;
  // It ran when last seen and the runtime knows nothing of it any more.
  return {
    ...status,
    restartCount: previous.restartCount + 1,
    lastState: {
      terminated: {
        exitCode: 137,
        reason: 'ContainerStatusUnknown',
        message:
          'The container could not be located when the pod was deleted.  The container used to be Running',
      },
    },
  };
}

/** `kubewright://` and the id, as `containerID` fields carry it. */
export function containerIdOf(record: ContainerRecord): string {
  return `kubewright://${record.id}`;
}

function stateOf(record: ContainerRecord): ContainerState {
  const { state } = record;
  switch (state.phase) {
    case 'created':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'running':
      return { running: { startedAt: formatTime(new Date(state.startedAtMs)) } };
    case 'exited':
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.reason,
          ...(state.message === '' ? {} : { message: state.message }),
          startedAt: state.startedAtMs === 0 ? epoch : formatTime(new Date(state.startedAtMs)),
          finishedAt: formatTime(new Date(state.finishedAtMs)),
          containerID: containerIdOf(record),
        },
      };
    default:
      return state satisfies never;
  }
}

function resourceFields(
  container: Container,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { requests, limits } = container.resources ?? {};
  return {
    resources: {
      ...(limits === undefined ? {} : { limits }),
      ...(requests === undefined ? {} : { requests }),
    },
    ...(requests === undefined ? {} : { allocatedResources: requests }),
  };
}

function mountFields(container: Container): Pick<ContainerStatus, 'volumeMounts'> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map((mount): VolumeMountStatus => {
      const { name, mountPath } = mount;
      return mount.readOnly === true
        ? { name, mountPath, readOnly: true, recursiveReadOnly: 'Disabled' }
        : { name, mountPath };
    }),
  };
}
