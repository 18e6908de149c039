import {
  EventsV1Event,
  findCondition,
  formatMicroTime,
  formatTime,
  isConflict,
  isNotFound,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  type DeepReadonly,
  type PodCondition,
  type Stored,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  requeueAfter,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Request,
  type Result,
} from '@kubewright/runtime';
import { selectedNode } from '../controllers/volumes/volume-annotations.ts';
import { takeVolume } from '../controllers/volumes/volume-binding.ts';
import { decide, placementsOf } from './decide.ts';
import type { VolumeChoice } from './volumes.ts';

const schedulerName = 'default-scheduler';
/** A pod that fits nowhere is tried again after this time even if nothing that could help has happened. */
const retryMs = 5 * 60_000;

/**
 * Binds pods to nodes.
 *
 * One pod is placed at a time, and a binding shows in the cache at once: two pods are never given the same room.
 */
export function createScheduler(host: ControllerHost): Controller {
  const unscheduled = (): Request[] =>
    host.cache
      .list(Pod)
      .filter(isMine)
      .map(({ metadata: { name, namespace } }) => ({ name, namespace }));
  return createController(host, {
    name: 'scheduler',
    for: { resource: Pod, predicates: [({ object }) => isMine(object)] },
    watches: [
      // New room: a node that came or changed, a pod that ended or went.
      watch(Node, { map: unscheduled }),
      // New storage: a claim that was bound, a volume or a class that came.
      watch(PersistentVolumeClaim, { map: unscheduled }),
      watch(PersistentVolume, { map: unscheduled }),
      watch(StorageClass, { map: unscheduled }),
      watch(Pod, {
        map: ({ type, object }) =>
          object.spec?.nodeName && (type === 'deleted' || isFinished(object)) ? unscheduled() : [],
      }),
    ],
    concurrency: 1,
    reconcile: schedule,
  });
}

function isFinished(pod: DeepReadonly<Pod>): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function isMine(pod: DeepReadonly<Pod>): boolean {
  return (
    !pod.spec?.nodeName &&
    (pod.spec?.schedulerName ?? schedulerName) === schedulerName &&
    (pod.spec?.schedulingGates ?? []).length === 0 &&
    pod.metadata.deletionTimestamp === undefined &&
    !isFinished(pod)
  );
}

async function schedule(request: Request, context: ReconcileContext): Promise<Result> {
  const { cache } = context;
  const pod = cache.get(Pod, request);
  if (pod === undefined || !isMine(pod)) return done();
  const decision = decide(pod, placementsOf(cache.list(Node), cache.list(Pod)), {
    claimOf: (namespace, name) => cache.get(PersistentVolumeClaim, { namespace, name }),
    volumes: cache.list(PersistentVolume),
    classOf: (name) => (name === '' ? undefined : cache.get(StorageClass, { name })),
  });
  try {
    if (decision.type === 'bind') {
      if (decision.volumes.length > 0) {
        for (const choice of decision.volumes) {
          await prepareVolume(choice, decision.nodeName, context);
        }
        return done(); // the claims come back when they are bound
      }
      await bind(pod, decision.nodeName, context);
      return done();
    }
    await refuse(pod, decision.message, context);
    return requeueAfter(retryMs);
  } catch (error) {
    // Gone, or bound by somebody else meanwhile.
    if (isNotFound(error) || isConflict(error)) return done();
    throw error;
  }
}

/** Has a claim bound to the volume chosen, or one provisioned on the node chosen. */
async function prepareVolume(
  { claim, volume }: VolumeChoice,
  nodeName: string,
  context: ReconcileContext,
): Promise<void> {
  if (volume !== undefined) {
    await takeVolume(volume, claim, context);
    return;
  }
  const { name, namespace, uid, resourceVersion, annotations } = claim.metadata;
  if (annotations?.[selectedNode] === nodeName) return;
  const body = {
    metadata: { uid, resourceVersion, annotations: { [selectedNode]: nodeName } },
  };
  const { client, signal } = context;
  await client.patch(
    PersistentVolumeClaim,
    { name, namespace },
    { type: 'merge', body },
    { signal },
  );
}

async function bind(
  pod: DeepReadonly<Stored<Pod>>,
  nodeName: string,
  { client, signal }: ReconcileContext,
): Promise<void> {
  const { name, namespace = '', uid } = pod.metadata;
  await client.raw({
    method: 'POST',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/binding`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    }),
    signal,
  });
  const note = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
  await tell(
    pod,
    { type: 'Normal', reason: 'Scheduled', action: 'Binding', note },
    { client, signal },
  );
}

async function refuse(
  pod: DeepReadonly<Stored<Pod>>,
  message: string,
  { client, signal }: ReconcileContext,
): Promise<void> {
  const before = findCondition(pod.status?.conditions, 'PodScheduled');
  const isNews = before?.status !== 'False' || before.message !== message;
  if (!isNews) return;
  await tell(
    pod,
    { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note: message },
    { client, signal },
  );
  const { name, namespace, uid, generation } = pod.metadata;
  const condition: PodCondition = {
    type: 'PodScheduled',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: 'False',
    lastTransitionTime:
      before?.status === 'False' ? before.lastTransitionTime : formatTime(new Date()),
    reason: 'Unschedulable',
    message,
  };
  const body = { metadata: { uid }, status: { conditions: [condition] } };
  await client.patch(
    Pod,
    { name, namespace },
    { type: 'strategic', body },
    { subresource: 'status', signal },
  );
}

/** Events of the scheduler are of the newer API, each on its own. A lost one is no reason to schedule again. */
async function tell(
  pod: DeepReadonly<Stored<Pod>>,
  event: {
    readonly type: string;
    readonly reason: string;
    readonly action: string;
    readonly note: string;
  },
  { client, signal }: Pick<ReconcileContext, 'client' | 'signal'>,
): Promise<void> {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  const now = new Date();
  const nanoseconds = BigInt(now.getTime()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
  const suffix = nanoseconds.toString(16);
  await client
    .create(
      EventsV1Event,
      {
        metadata: { name: `${name}.${suffix}`, namespace },
        eventTime: formatMicroTime(now),
        reportingController: schedulerName,
        reportingInstance: `${schedulerName}-embedded`,
        regarding: { kind: 'Pod', namespace, name, uid, apiVersion: 'v1', resourceVersion },
        ...event,
      },
      { signal },
    )
    .catch(() => undefined);
}
