import { isInvalid, isNotFound, Pod } from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import { isTracked, trackingFinalizer, type ReadonlyPod } from './job-pods.ts';

/**
 * Takes the tracking finalizer off a pod. One that has none, is gone already, or is another pod of that name by now, needs
 * no letting go.
 */
export async function releasePod(
  pod: ReadonlyPod,
  { client, cache, signal }: Pick<ReconcileContext, 'client' | 'cache' | 'signal'>,
): Promise<void> {
  if (!isTracked(pod)) return;
  const { name, namespace, uid } = pod.metadata;
  const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
  try {
    await client.patch(Pod, { name, namespace }, { type: 'strategic', body }, { signal });
  } catch (error) {
    // To change the uid is invalid.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
    // Its last state in the cache still has the finalizer: it must not be counted once more.
    cache.observeDeletion(Pod, { name, namespace }, uid);
  }
}
