import { asError, Pod, ReplicaSet, type DeepReadonly, type Stored } from '@kubewright/apimachinery';
import {
  controllerUidIndex,
  createController,
  done,
  requeueAfter,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Request,
  type Result,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { claim } from '../ownership/claim.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { watchOrphans } from '../ownership/orphans.ts';
import { byDeletionOrder } from '../pods/deletion-order.ts';
import { messageOf, PodControl } from '../pods/pod-control.ts';
import { isActivePod } from '../pods/pod-state.ts';
import {
  isSameStatus,
  replicaSetStatus,
  selectorOf,
  type ReplicaFailure,
} from './replica-set-status.ts';
import { slowStart } from '../pods/slow-start.ts';

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
    watches: [watchOrphans(ReplicaSet, Pod, selectorOf)],
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
    context,
    owner: replicaSet,
    ownerResource: ReplicaSet,
    childResource: Pod,
    selector: selectorOf(replicaSet),
  });
  let failure: Error | undefined;
  if (replicaSet.metadata.deletionTimestamp === undefined) {
    failure = await resize(replicaSet, pods.filter(isActivePod), context, events);
  }
  // Read anew: what was just made or deleted counts already.
  const index = { name: controllerUidIndex, value: replicaSet.metadata.uid };
  const now = cache.list(Pod, { index });
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
  const pods = new PodControl({ owner: replicaSet, context, events });
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing > 0) {
    const { error } = await slowStart(Math.min(missing, burstReplicas), async () => {
      await pods.create(replicaSet.spec?.template);
    });
    return error === undefined ? undefined : asError(error);
  }
  const surplus = byDeletionOrder(active, Date.now()).slice(0, Math.min(-missing, burstReplicas));
  const results = await Promise.allSettled(surplus.map((pod) => pods.delete(pod)));
  const failed = results.find((result) => result.status === 'rejected');
  return failed === undefined ? undefined : asError(failed.reason);
}

function failureOf(
  error: unknown,
  replicaSet: DeepReadonly<ReplicaSet>,
  present: number,
): ReplicaFailure {
  const reason = present < (replicaSet.spec?.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
  return { reason, message: messageOf(error) };
}
