import {
  hasFinalizer,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  withFinalizer,
  withoutFinalizer,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
} from '@kubewright/runtime';
import { unlessMoot } from '../ownership/moot.ts';
import { isFinishedPod } from '../pods/pod-state.ts';
import { claimNameOfVolume, claimNamesOf, isClaimForPod } from './pod-claims.ts';

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';

/** Keeps a claim that is being deleted until no pod on a node uses it. */
export function createClaimProtectionController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'pvc-protection',
    for: PersistentVolumeClaim,
    watches: [
      watch(Pod, {
        map: ({ type, object }) => {
          const mayFree = type === 'deleted' || isFinishedPod(object) || !object.spec?.nodeName;
          const { namespace } = object.metadata;
          return mayFree ? claimNamesOf(object).map((name) => ({ namespace, name })) : [];
        },
      }),
    ],
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const { cache, client, signal } = context;
        const claim = cache.get(PersistentVolumeClaim, request);
        if (claim === undefined) return done();
        if (claim.metadata.deletionTimestamp === undefined) {
          await addFinalizer(context, PersistentVolumeClaim, claim, claimFinalizer);
          return done();
        }
        const { namespace } = request;
        if (cache.list(Pod, { namespace }).some((pod) => uses(pod, claim))) return done();
        // A pod that the cache does not know yet may have been bound to a node: the server has the last word.
        const { items } = await client.list(Pod, { namespace, signal });
        if (!items.some((pod) => uses(pod, claim))) {
          await removeFinalizer(context, PersistentVolumeClaim, claim, claimFinalizer);
        }
        return done();
      }),
  });
}

/** Keeps a volume that is being deleted as long as it is bound to a claim. */
export function createVolumeProtectionController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'pv-protection',
    for: PersistentVolume,
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const volume = context.cache.get(PersistentVolume, request);
        if (volume === undefined) return done();
        if (volume.metadata.deletionTimestamp === undefined) {
          await addFinalizer(context, PersistentVolume, volume, volumeFinalizer);
        } else if (volume.status?.phase !== 'Bound') {
          await removeFinalizer(context, PersistentVolume, volume, volumeFinalizer);
        }
        return done();
      }),
  });
}

/** Whether a pod that is on a node uses the claim. */
function uses(pod: DeepReadonly<Pod>, claim: DeepReadonly<PersistentVolumeClaim>): boolean {
  if (!pod.spec?.nodeName) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const isShutDown = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (claimNameOfVolume(pod, volume) !== claim.metadata.name) return false;
    return volume.ephemeral === undefined || (!isShutDown && isClaimForPod(claim, pod));
  });
}

async function addFinalizer<T extends KubernetesObject>(
  context: ReconcileContext,
  resource: Resource<T>,
  object: DeepReadonly<Stored<T>>,
  finalizer: string,
): Promise<void> {
  if (hasFinalizer(object, finalizer)) return;
  await writeFinalizers(context, resource, object, withFinalizer(object, finalizer));
}

async function removeFinalizer<T extends KubernetesObject>(
  context: ReconcileContext,
  resource: Resource<T>,
  object: DeepReadonly<Stored<T>>,
  finalizer: string,
): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  await writeFinalizers(context, resource, object, withoutFinalizer(object, finalizer));
}

async function writeFinalizers<T extends KubernetesObject>(
  { client, signal }: ReconcileContext,
  resource: Resource<T>,
  { metadata }: DeepReadonly<Stored<T>>,
  finalizers: readonly string[],
): Promise<void> {
  const { name, namespace, uid, resourceVersion } = metadata;
  const body = { metadata: { uid, resourceVersion, finalizers } };
  await client.patch(resource, { name, namespace }, { type: 'merge', body }, { signal });
}
