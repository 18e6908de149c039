import { parseTime } from '@kubewright/apimachinery';
import { finishOf } from '../job/job-conditions.ts';
import type { ReadonlyJob } from '../job/job-pods.ts';
import type { ReadonlyCronJob } from './schedule-times.ts';

/** The Jobs that have ended and are more than the CronJob keeps, oldest first, successful ones before failed ones. */
export function jobsBeyondHistory(
  { spec }: ReadonlyCronJob,
  jobs: readonly ReadonlyJob[],
): readonly ReadonlyJob[] {
  return [
    ...beyond(jobs, 'Complete', spec.successfulJobsHistoryLimit),
    ...beyond(jobs, 'Failed', spec.failedJobsHistoryLimit),
  ];
}

function beyond(
  jobs: readonly ReadonlyJob[],
  condition: string,
  limit = Infinity,
): readonly ReadonlyJob[] {
  const finished = jobs.filter((job) => finishOf(job)?.type === condition);
  return finished.toSorted(byStart).slice(0, Math.max(0, finished.length - limit));
}

/** Earlier ones first; one that never started counts as the latest. */
function byStart(left: ReadonlyJob, right: ReadonlyJob): number {
  const startOf = ({ status }: ReadonlyJob): number =>
    parseTime(status?.startTime)?.getTime() ?? Number.MAX_SAFE_INTEGER;
  const difference = startOf(left) - startOf(right);
  if (difference !== 0) return difference;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}
