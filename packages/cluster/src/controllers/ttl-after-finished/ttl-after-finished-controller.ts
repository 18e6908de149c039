import { isConflict, isNotFound, Job, parseTime } from '@kubewright/apimachinery';
import {
  createController,
  done,
  requeueAfter,
  type Controller,
  type ControllerHost,
} from '@kubewright/runtime';
import { finishOf } from '../job/job-conditions.ts';
import type { ReadonlyJob } from '../job/job-pods.ts';

/** Deletes Jobs some time after they have ended, with their pods, when they ask for it. */
export function createTtlAfterFinishedController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'ttl-after-finished',
    for: Job,
    concurrency: 5,
    reconcile: async (request, { cache, client, signal }) => {
      const known = cache.get(Job, request);
      const waitMs = known && remainingMs(known, Date.now());
      if (waitMs === undefined) return done();
      if (waitMs > 0) return requeueAfter(waitMs);
      try {
        // The time may just have been changed: what is deleted is gone, so the server itself is asked.
        const job = await client.get(Job, request, { signal });
        const leftMs = remainingMs(job, Date.now());
        if (leftMs === undefined) return done();
        if (leftMs > 0) return requeueAfter(leftMs);
        const { uid, resourceVersion } = job.metadata;
        await client.delete(Job, request, {
          preconditions: { uid, resourceVersion },
          propagationPolicy: 'Foreground',
          signal,
        });
      } catch (error) {
        if (isConflict(error)) return requeueAfter(1);
        if (!isNotFound(error)) throw error;
      }
      return done();
    },
  });
}

/** Milliseconds until the Job may be deleted; undefined when nobody asked for it, and when it is being deleted. */
function remainingMs(job: ReadonlyJob, nowMs: number): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  const finishedAt = parseTime(finishOf(job)?.lastTransitionTime);
  if (seconds === undefined || finishedAt === undefined) return undefined;
  if (job.metadata.deletionTimestamp !== undefined) return undefined;
  return Math.max(0, finishedAt.getTime() + seconds * 1000 - nowMs);
}
