import type { AnyEvent, ContainerType, Observation } from '../../src/index.ts';

/** The moment at which every specimen is seen. */
export const now = new Date('2026-01-01T12:00:00Z');

/** The time so many seconds before {@link now}. */
export function ago(seconds: number): string {
  return new Date(now.getTime() - seconds * 1000).toISOString().replace('.000Z', 'Z');
}

type Json = Readonly<Record<string, unknown>>;

/** A container, as its spec and status show it. */
export interface ContainerSketch {
  /** Default `app`. */
  readonly name?: string;
  /** Default `app`. */
  readonly type?: ContainerType;
  readonly spec?: Json;
  /** Reason of the waiting state, or the whole state. */
  readonly waiting?: string | { readonly reason?: string; readonly message?: string };
  /** It has run for so many seconds. */
  readonly running?: number;
  readonly terminated?: Json;
  readonly last?: Json;
  /** Default: true while it runs. */
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restarts?: number;
}

export interface PodSketch {
  readonly metadata?: Json;
  readonly spec?: Json;
  readonly status?: Json;
  readonly containers?: readonly ContainerSketch[];
  /** Kind of the controller; null for a bare pod. Default ReplicaSet. */
  readonly owner?: string | null;
  readonly conditions?: readonly Json[];
  readonly events?: readonly AnyEvent[];
  readonly related?: readonly Json[];
  readonly logs?: Observation['logs'];
}

/** The observation of a pod `web` in namespace `shop`, seen {@link now}. */
export function podOf(sketch: PodSketch): Observation {
  const owner = sketch.owner === undefined ? 'ReplicaSet' : sketch.owner;
  const containers = sketch.containers ?? [];
  const of = (...types: readonly ContainerType[]): readonly ContainerSketch[] =>
    containers.filter(({ type = 'app' }) => types.includes(type));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-of-web',
      ...(owner === null
        ? {}
        : {
            ownerReferences: [
              { apiVersion: 'v1', kind: owner, name: 'web', uid: 'u', controller: true },
            ],
          }),
      ...sketch.metadata,
    },
    spec: {
      nodeName: 'node-1',
      initContainers: of('init', 'sidecar').map(specOf),
      containers: of('app').map(specOf),
      ephemeralContainers: of('ephemeral').map(specOf),
      ...sketch.spec,
    },
    status: {
      phase: 'Running',
      qosClass: 'Burstable',
      conditions: sketch.conditions ?? [],
      initContainerStatuses: of('init', 'sidecar').map(statusOf),
      containerStatuses: of('app').map(statusOf),
      ephemeralContainerStatuses: of('ephemeral').map(statusOf),
      ...sketch.status,
    },
  };
  return {
    // A sketch may be any JSON: what a cluster or a file holds is not what the type says either.
    pod: pod as unknown as NonNullable<Observation['pod']>,
    ...(sketch.events === undefined ? {} : { events: sketch.events }),
    ...(sketch.related === undefined
      ? {}
      : { related: sketch.related as unknown as NonNullable<Observation['related']> }),
    ...(sketch.logs === undefined ? {} : { logs: sketch.logs }),
    now,
  };
}

function specOf({ name = 'app', type, spec }: ContainerSketch): Json {
  return {
    name,
    image: 'shop/web:1',
    ...(type === 'sidecar' ? { restartPolicy: 'Always' } : {}),
    ...spec,
  };
}

function statusOf(sketch: ContainerSketch): Json {
  const { name = 'app', waiting, running, terminated, last, restarts = 0 } = sketch;
  const state =
    waiting !== undefined
      ? { waiting: typeof waiting === 'string' ? { reason: waiting } : waiting }
      : terminated !== undefined
        ? { terminated }
        : running !== undefined
          ? { running: { startedAt: ago(running) } }
          : {};
  return {
    name,
    image: 'shop/web:1',
    imageID: '',
    ready: sketch.ready ?? running !== undefined,
    ...(sketch.started === undefined ? {} : { started: sketch.started }),
    restartCount: restarts,
    state,
    lastState: last === undefined ? {} : { terminated: last },
  };
}

/** A life that ended so many seconds ago and had lasted so long. */
export function life(
  reason: string | undefined,
  exitCode: number,
  { ended = 20, lasted = 5, message }: { ended?: number; lasted?: number; message?: string } = {},
): Json {
  return {
    ...(reason === undefined ? {} : { reason }),
    exitCode,
    startedAt: ago(ended + lasted),
    finishedAt: ago(ended),
    ...(message === undefined ? {} : { message }),
  };
}

let events = 0;

/** An Event about the pod or one of its containers, in the core form, seen so many seconds ago. */
export function event(
  reason: string,
  message: string,
  {
    container,
    seen = 20,
    count = 1,
    type = 'Warning',
    about = { kind: 'Pod', name: 'web', uid: 'uid-of-web' },
  }: {
    container?: string;
    seen?: number | null;
    count?: number;
    type?: string;
    about?: Json;
  } = {},
): AnyEvent {
  events += 1;
  const made = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `web.${String(events)}`, namespace: 'shop' },
    involvedObject: {
      namespace: 'shop',
      ...about,
      ...(container === undefined ? {} : { fieldPath: `spec.containers{${container}}` }),
    },
    type,
    reason,
    message,
    count,
    ...(seen === null ? {} : { firstTimestamp: ago(seen), lastTimestamp: ago(seen) }),
  };
  return made; // as with the pods
}
