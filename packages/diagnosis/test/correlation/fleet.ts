import type { AnyEvent, ContainerLog, Report, Snapshot } from '../../src/index.ts';
import { diagnoseAll } from '../../src/index.ts';
import { ago, now } from '../specimens/pods.ts';

type Json = Readonly<Record<string, unknown>>;

/** How one pod of a fleet is. */
export interface PodState {
  readonly node?: string;
  readonly revision?: string;
  /** Seconds since it was made. Default 600. */
  readonly age?: number;
  readonly status?: Json;
  readonly spec?: Json;
  readonly metadata?: Json;
}

const ready = [
  { type: 'Ready', status: 'True' },
  { type: 'ContainersReady', status: 'True' },
];
const unready = [
  { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
  { type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady' },
];

/** A pod that is well. */
export function well(state: PodState = {}): PodState {
  return {
    ...state,
    status: {
      phase: 'Running',
      conditions: ready,
      containerStatuses: [
        { name: 'app', ready: true, restartCount: 0, state: { running: { startedAt: ago(600) } } },
      ],
      ...state.status,
    },
  };
}

/** A pod that crashes; its container ended so many seconds ago. */
export function crashing(
  state: PodState & {
    readonly ended?: number;
    readonly restarts?: number;
    readonly message?: string;
  } = {},
): PodState {
  const { ended = 20, restarts = 5, message } = state;
  return {
    ...state,
    status: {
      phase: 'Running',
      conditions: unready,
      containerStatuses: [
        {
          name: 'app',
          ready: false,
          restartCount: restarts,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: {
            terminated: {
              reason: 'Error',
              exitCode: 1,
              startedAt: ago(ended + 5),
              finishedAt: ago(ended),
              ...(message === undefined ? {} : { message }),
            },
          },
        },
      ],
      ...state.status,
    },
  };
}

/** A pod that has no node, with what the scheduler says. */
export function unscheduled(message: string, state: PodState = {}): PodState {
  return {
    ...state,
    node: '',
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    },
  };
}

/** Everything of some workloads, to be looked at {@link now}. */
export class Fleet {
  readonly pods: Json[] = [];
  readonly objects: Json[] = [];
  readonly events: AnyEvent[] = [];
  readonly logs: ContainerLog[] = [];

  /** A Deployment with a ReplicaSet for each revision; the highest is the newest. */
  deployment(
    name: string,
    pods: readonly PodState[],
    {
      templates = {},
      metadata = {},
      conditions = [],
    }: {
      readonly templates?: Readonly<Record<string, Json>>;
      readonly metadata?: Json;
      readonly conditions?: readonly Json[];
    } = {},
  ): this {
    const uid = `deployment-${name}`;
    this.objects.push({
      kind: 'Deployment',
      metadata: { name, namespace: 'shop', uid, ...metadata },
      status: { conditions },
    });
    const revisions = new Set([
      ...Object.keys(templates),
      ...pods.map(({ revision = '1' }) => revision),
    ]);
    for (const revision of revisions) {
      const readyReplicas = pods.filter(
        (pod) =>
          (pod.revision ?? '1') === revision && JSON.stringify(pod.status).includes('"True"'),
      ).length;
      this.objects.push({
        kind: 'ReplicaSet',
        metadata: {
          name: `${name}-h${revision}`,
          namespace: 'shop',
          uid: `${uid}-${revision}`,
          labels: { 'pod-template-hash': `h${revision}` },
          annotations: { 'deployment.kubernetes.io/revision': revision },
          ownerReferences: [{ kind: 'Deployment', name, uid, controller: true }],
        },
        spec: { template: templates[revision] },
        status: { readyReplicas },
      });
    }
    pods.forEach((pod, index) => {
      const { revision = '1' } = pod;
      this.#pod(`${name}-h${revision}-${String(index)}`, pod, {
        labels: { 'pod-template-hash': `h${revision}` },
        ownerReferences: [
          {
            kind: 'ReplicaSet',
            name: `${name}-h${revision}`,
            uid: `${uid}-${revision}`,
            controller: true,
          },
        ],
      });
    });
    return this;
  }

  /** A pod of nobody, or of the owner that its metadata names. */
  pod(name: string, pod: PodState): this {
    this.#pod(name, pod, {});
    return this;
  }

  node(name: string, ...conditions: readonly Json[]): this {
    this.objects.push({ kind: 'Node', metadata: { name }, status: { conditions } });
    return this;
  }

  object(object: Json): this {
    this.objects.push(object);
    return this;
  }

  log(pod: string, text: string): this {
    this.logs.push({
      pod: { namespace: 'shop', name: pod },
      container: 'app',
      life: 'previous',
      text,
    });
    return this;
  }

  get snapshot(): Snapshot {
    return {
      // A fleet may be any JSON: what a cluster holds is not what the types say either.
      pods: this.pods as unknown as Snapshot['pods'],
      objects: this.objects as unknown as NonNullable<Snapshot['objects']>,
      events: this.events,
      logs: this.logs,
      now,
    };
  }

  diagnose(): Report {
    return diagnoseAll(this.snapshot);
  }

  #pod(name: string, { node = 'node-1', age = 600, ...pod }: PodState, metadata: Json): void {
    this.pods.push({
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'shop',
        uid: `pod-${name}`,
        creationTimestamp: ago(age),
        ...metadata,
        ...pod.metadata,
      },
      spec: {
        ...(node === '' ? {} : { nodeName: node }),
        containers: [{ name: 'app', image: 'registry.shop.test/web:1' }],
        ...pod.spec,
      },
      status: { startTime: ago(age), ...pod.status },
    });
  }
}

/** One line for each incident: what, how wide, and where actions wait. */
export function outline({ incidents }: Report): readonly string[] {
  return incidents.map(
    ({ category, members, cause, holds }) =>
      `${category} of ${String(members.length)}, ${cause === undefined ? 'no cause' : `${cause.kind} ${cause.name}`}, holds ${holds}`,
  );
}
