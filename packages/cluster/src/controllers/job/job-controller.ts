import { fromLabelSelector, Job, keyOfName, Pod } from '@kubewright/apimachinery';
import {
  createController,
  done,
  ExponentialBackoff,
  type Controller,
  type ControllerHost,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { watchOrphans } from '../ownership/orphans.ts';
import { BackoffRecords } from './backoff-records.ts';
import { isFinishedJob } from './job-conditions.ts';
import type { ReadonlyJob } from './job-pods.ts';
import { JobSync } from './job-sync.ts';

/** Waits after errors of the API, in milliseconds; as in the field's controller. */
const retries = { baseDelayMs: 1_000, maxDelayMs: 60_000 };
/** The name by which the built-in controller is meant in `spec.managedBy`. */
const builtInName = 'kubernetes.io/job-controller';

/** Runs the pods of Jobs until they have succeeded or failed for good. */
export function createJobController(host: ControllerHost, events: CoreEventRecorder): Controller {
  const backoffs = new BackoffRecords();
  return createController(host, {
    name: 'job',
    for: Job,
    owns: [Pod],
    watches: [watchOrphans(Job, Pod, ({ spec }) => fromLabelSelector(spec?.selector))],
    concurrency: 5,
    rateLimiter: new ExponentialBackoff(retries),
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const job = context.cache.get(Job, request);
        if (job === undefined || isFinishedJob(job)) {
          backoffs.delete(keyOfName(request.namespace, request.name));
          return done();
        }
        if (isManagedElsewhere(job)) return done();
        return new JobSync({ job, context, events, backoffs, nowMs: Date.now() }).run();
      }),
  });
}

/** Whether another controller was asked to run the Job. */
export function isManagedElsewhere({ spec }: ReadonlyJob): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== builtInName;
}
