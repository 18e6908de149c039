import { CronJob, Job, keyOfName } from '@kubewright/apimachinery';
import { createController, done, type Controller, type ControllerHost } from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { CronJobSync } from './cron-job-sync.ts';

/** Makes the Jobs of CronJobs when their time has come. Schedules without a time zone are in UTC. */
export function createCronJobController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  /** The schedule seen last, by key of the CronJob. */
  const schedules = new Map<string, { readonly uid: string; readonly line: string }>();
  return createController(host, {
    name: 'cronjob',
    for: CronJob,
    owns: [Job],
    concurrency: 5,
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const key = keyOfName(request.namespace, request.name);
        const cronJob = context.cache.get(CronJob, request);
        if (cronJob === undefined) {
          schedules.delete(key);
          return done();
        }
        const { uid } = cronJob.metadata;
        const line = `${cronJob.spec.timeZone ?? ''} ${cronJob.spec.schedule}`;
        const before = schedules.get(key);
        const isRescheduled = before?.uid === uid && before.line !== line;
        const now = new Date();
        const result = await new CronJobSync({
          cronJob,
          isRescheduled,
          context,
          events,
          now,
        }).run();
        schedules.set(key, { uid, line });
        return result;
      }),
  });
}
