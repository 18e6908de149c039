import {
  asError,
  controllerOf,
  isNotFound,
  ownerReference,
  Pod,
  ReplicaSet,
  StatusError,
  type DeepReadonly,
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
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { claim } from '../ownership/claim.ts';
import { isNamespaceTerminating, unlessMoot } from '../ownership/moot.ts';
import { byDeletionOrder } from '../pods/deletion-order.ts';
import { isActivePod } from '../pods/pod-state.ts';
import {
  isSameStatus,
  replicaSetStatus,
  selectorOf,
  type ReplicaFailure,
} from './replica-set-status.ts';
import { slowStart } from './slow-start.ts';

/** Most pods made or deleted in one go. As in the field's ReplicaSet controller. */
const burstReplicas = 500;

/** Keeps as many pods of a ReplicaSet as it asks for. */
export function createReplicaSetController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  return createController(host, {
    name: 'replicaset',
    for: ReplicaSet,
    owns: [Pod],
    watches: [
      // A pod without a controller may be one to adopt.
      watch(Pod, {
        map: ({ object }) => {
          if (controllerOf(object) !== undefined) return [];
          const { namespace } = object.metadata;
          return host.cache
            .list(ReplicaSet, { namespace })
            .filter((set) => selectorOf(set).matches(object.metadata.labels ?? {}))
            .map((set) => ({ namespace, name: set.metadata.name }));
        },
      }),
    ],
    concurrency: 5,
    reconcile: (request, context) => unlessMoot(() => reconcile(request, context, events)),
  });
}

async function reconcile(
  request: Request,
  context: ReconcileContext,
  events: CoreEventRecorder,
): Promise<Result> {
  const { cache, client, signal } = context;
  const replicaSet = cache.get(ReplicaSet, request);
  if (replicaSet === undefined) return done();
  const pods = await claim({
    client,
    owner: replicaSet,
    ownerResource: ReplicaSet,
    childResource: Pod,
    selector: selectorOf(replicaSet),
    candidates: cache.list(Pod, { namespace: request.namespace }),
    signal,
  });
  let failure: Error | undefined;
  if (replicaSet.metadata.deletionTimestamp === undefined) {
    failure = await resize(replicaSet, pods.filter(isActivePod), context, events);
  }
  // Read anew: what was just made or deleted counts already.
  const now = cache
    .list(Pod, { namespace: request.namespace })
    .filter((pod) => controllerOf(pod)?.uid === replicaSet.metadata.uid);
  const { status, checkAgainInMs } = replicaSetStatus(
    replicaSet,
    now,
    failure === undefined ? undefined : failureOf(failure, replicaSet, pods.length),
    Date.now(),
  );
  if (!isSameStatus(replicaSet.status, status)) {
    // The object is not changed, only copied into the request.
    await client.updateStatus(
      ReplicaSet,
      { ...(replicaSet as Stored<ReplicaSet>), status },
      { signal },
    );
  }
  if (failure !== undefined) throw failure;
  return checkAgainInMs === undefined ? done() : requeueAfter(checkAgainInMs);
}

/** Makes or deletes pods; returns the first error, so that the status can be written before it is thrown. */
async function resize(
  replicaSet: DeepReadonly<Stored<ReplicaSet>>,
  active: readonly DeepReadonly<Stored<Pod>>[],
  context: ReconcileContext,
  events: CoreEventRecorder,
): Promise<Error | undefined> {
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing > 0) {
    const { error } = await slowStart(Math.min(missing, burstReplicas), () =>
      createPod(replicaSet, context, events),
    );
    return error === undefined ? undefined : asError(error);
  }
  const surplus = byDeletionOrder(active, Date.now()).slice(0, Math.min(-missing, burstReplicas));
  const results = await Promise.allSettled(
    surplus.map((pod) => deletePod(replicaSet, pod, context, events)),
  );
  const failed = results.find((result) => result.status === 'rejected');
  return failed === undefined ? undefined : asError(failed.reason);
}

async function createPod(
  replicaSet: DeepReadonly<Stored<ReplicaSet>>,
  { client, signal }: ReconcileContext,
  events: CoreEventRecorder,
): Promise<void> {
  const { name, namespace } = replicaSet.metadata;
  // A deep copy: nothing of the cached template is handed on to be changed.
  const template = structuredClone(replicaSet.spec?.template) as NonNullable<
    ReplicaSet['spec']
  >['template'];
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const pod: Pod = {
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: [ownerReference(replicaSet)],
    },
    spec: template?.spec,
  };
  try {
    const created = await client.create(Pod, pod, { signal });
    record(
      events,
      replicaSet,
      'Normal',
      'SuccessfulCreate',
      `Created pod: ${created.metadata.name}`,
    );
  } catch (error) {
    // A namespace on its way out refuses everything: no news to its owner.
    if (!isNamespaceTerminating(error)) {
      record(events, replicaSet, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
    }
    throw error;
  }
}

async function deletePod(
  replicaSet: DeepReadonly<Stored<ReplicaSet>>,
  pod: DeepReadonly<Stored<Pod>>,
  { client, signal }: ReconcileContext,
  events: CoreEventRecorder,
): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  try {
    await client.delete(Pod, { name, namespace }, { preconditions: { uid }, signal });
    record(events, replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    record(events, replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

function record(
  events: CoreEventRecorder,
  { apiVersion, kind, metadata }: DeepReadonly<Stored<ReplicaSet>>,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  const { name, namespace, uid, resourceVersion } = metadata;
  events.record({
    involvedObject: { kind, namespace, name, uid, apiVersion, resourceVersion },
    type,
    reason,
    message,
  });
}

function failureOf(
  error: unknown,
  replicaSet: DeepReadonly<ReplicaSet>,
  present: number,
): ReplicaFailure {
  const reason = present < (replicaSet.spec?.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
  return { reason, message: messageOf(error) };
}

/** The server's own words, without what was tried. */
function messageOf(error: unknown): string {
  if (error instanceof StatusError) return error.status.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
