import {
  parseTime,
  type CronJob,
  type DeepReadonly,
  type Job,
  type Pod,
} from '@kubewright/apimachinery';
import { jobFailure, type JobFailure } from '../status/job-failure.ts';

/** A backup that was due so long ago and has neither succeeded nor failed is told of, in milliseconds. */
const overdueMs = 3_600_000;

/** How the backups of a cluster stand. */
export type BackupState =
  /** None has been due yet. */
  | { readonly type: 'waiting' }
  | { readonly type: 'succeeded'; readonly at: string }
  /** The last one that ended failed. */
  | { readonly type: 'failed'; readonly failure: JobFailure }
  /** One does not come to an end. */
  | { readonly type: 'overdue'; readonly dueAt: string };

/** What {@link backupState} is made from. */
export interface BackupObservation {
  /** Undefined: it has not been made yet. */
  readonly cronJob: DeepReadonly<CronJob> | undefined;
  /** The Jobs of the CronJob. */
  readonly jobs: readonly DeepReadonly<Job>[];
  /** Pods among which those of the Jobs are. */
  readonly pods: readonly DeepReadonly<Pod>[];
  readonly nowMs: number;
}

/** Says how the backups stand, from what Kubernetes knows of them. */
export function backupState({ cronJob, jobs, pods, nowMs }: BackupObservation): BackupState {
  const { lastSuccessfulTime, lastScheduleTime } = cronJob?.status ?? {};
  const succeededMs = parseTime(lastSuccessfulTime)?.getTime() ?? 0;
  const [failure] = jobs
    .map((job) => jobFailure(job, pods))
    .filter((each) => each !== undefined)
    .filter(({ atMs }) => atMs > succeededMs)
    .toSorted((one, other) => other.atMs - one.atMs);
  if (failure !== undefined) return { type: 'failed', failure };
  const dueMs = parseTime(lastScheduleTime)?.getTime() ?? 0;
  if (lastScheduleTime !== undefined && dueMs > succeededMs && nowMs - dueMs > overdueMs) {
    return { type: 'overdue', dueAt: lastScheduleTime };
  }
  return lastSuccessfulTime === undefined
    ? { type: 'waiting' }
    : { type: 'succeeded', at: lastSuccessfulTime };
}
