import { controllerOf, isNotFound, Job, Pod } from '@kubewright/apimachinery';
import {
  controllerUidIndex,
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
} from '@kubewright/runtime';
import { isFinishedJob } from './job-conditions.ts';
import { isManagedElsewhere } from './job-controller.ts';
import { isTracked, type ReadonlyPod } from './job-pods.ts';
import { releasePod } from './release-pod.ts';

/**
 * Lets go of pods that no Job will count: those whose Job is gone or has ended, and those that carry the finalizer for no
 * reason. Without it they could never be deleted.
 */
export function createOrphanPodController(host: ControllerHost): Controller {
  const podsOf = (uid: string): readonly ReadonlyPod[] =>
    host.cache
      .list(Pod, { index: { name: controllerUidIndex, value: uid } })
      .filter((pod) => isTracked(pod));
  return createController(host, {
    name: 'job-orphan-pod',
    for: { resource: Pod, predicates: [({ object }) => isTracked(object)] },
    watches: [
      watch(Job, {
        map: ({ type, object }) =>
          type === 'deleted' || isFinishedJob(object)
            ? podsOf(object.metadata.uid).map(({ metadata }) => metadata)
            : [],
      }),
    ],
    reconcile: async (request, context) => {
      const pod = context.cache.get(Pod, request);
      if (pod !== undefined && isTracked(pod) && (await isForsaken(pod, context))) {
        await releasePod(pod, context);
      }
      return done();
    },
  });
}

async function isForsaken(
  pod: ReadonlyPod,
  { cache, client, signal }: ReconcileContext,
): Promise<boolean> {
  const owner = controllerOf(pod);
  if (owner === undefined) return true;
  if (owner.kind !== Job.kind || owner.apiVersion !== Job.apiVersion) return false;
  const reference = { name: owner.name, namespace: pod.metadata.namespace };
  const known = cache.get(Job, reference);
  if (known?.metadata.uid === owner.uid && !isFinishedJob(known)) return false;
  try {
    // The cache may not have heard of the Job yet, and what is let go is not counted any more.
    const job = await client.get(Job, reference, { signal });
    if (job.metadata.uid !== owner.uid) return true;
    return isFinishedJob(job) && !isManagedElsewhere(job);
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}
