import {
  parseTime,
  type CronJob,
  type CronSchedule,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';

/** A CronJob as the cache has it. */
export type ReadonlyCronJob = DeepReadonly<Stored<CronJob>>;

/** Which of its times a CronJob has let pass. */
export interface MissedTimes {
  /** From when on times count: the last one that was served, the creation, or the deadline for late starts. */
  readonly since: Date;
  /** The last time that has come; undefined when none has. */
  readonly latest: Date | undefined;
  readonly amount: 'none' | 'few' | 'many';
}

/** A schedule that can be read and is never due, such as `59 23 31 2 *`. */
export class ScheduleNeverDueError extends Error {
  override readonly name = 'ScheduleNeverDueError';
  readonly code = 'SCHEDULE_NEVER_DUE';
}

/** From so many missed times on, something is wrong with the controller or a clock. */
const manyTimes = 100;
/** Clocks differ a little: a time is waited for somewhat longer, in milliseconds, as in the field's controller. */
const paddingMs = 100;

/**
 * The times that have come since the last one that was served.
 *
 * @param now the present; before the times are counted, times before `startingDeadlineSeconds` are dropped
 * @throws ScheduleNeverDueError
 */
export function missedTimes(
  cronJob: ReadonlyCronJob,
  schedule: CronSchedule,
  now: Date,
  dropsLate = true,
): MissedTimes {
  const since = startOf(cronJob, now, dropsLate);
  const first = schedule.next(since);
  const second = first && schedule.next(first);
  if (first !== undefined && now < first) return { since, latest: undefined, amount: 'none' };
  if (second !== undefined && now < second) return { since, latest: first, amount: 'none' };
  const seconds = Math.round(((second?.getTime() ?? 0) - (first?.getTime() ?? 0)) / 1000);
  if (first === undefined || second === undefined || seconds < 1) {
    throw new ScheduleNeverDueError('time difference between two schedules is less than 1 second');
  }
  const elapsed = Math.trunc((now.getTime() - first.getTime()) / 1000);
  const count = Math.trunc(elapsed / seconds) + 1;
  // Not through all of them: near the last one, if all are as far apart as the first two, and on from there. Where they
  // are not, the last one may be overlooked; the field's controller does so, too.
  const near = new Date(first.getTime() + (count - 2) * seconds * 1000);
  let latest: Date | undefined;
  for (
    let time = schedule.next(near);
    time !== undefined && time <= now;
    time = schedule.next(time)
  ) {
    latest = time;
  }
  return { since, latest, amount: count > manyTimes ? 'many' : 'few' };
}

/** Milliseconds until the next time; undefined when there is none. */
export function untilNextMs(
  cronJob: ReadonlyCronJob,
  schedule: CronSchedule,
  now: Date,
): number | undefined {
  const next = schedule.next(lastPassed(cronJob, schedule, now));
  return next && next.getTime() + paddingMs - now.getTime();
}

function lastPassed(cronJob: ReadonlyCronJob, schedule: CronSchedule, now: Date): Date {
  try {
    const { since, latest, amount } = missedTimes(cronJob, schedule, now, false);
    return latest ?? (amount === 'none' ? since : now);
  } catch (error) {
    if (error instanceof ScheduleNeverDueError) return now;
    throw error;
  }
}

function startOf({ metadata, spec, status }: ReadonlyCronJob, now: Date, dropsLate: boolean): Date {
  const since = parseTime(status?.lastScheduleTime ?? metadata.creationTimestamp) ?? now;
  const { startingDeadlineSeconds } = spec;
  if (!dropsLate || startingDeadlineSeconds === undefined) return since;
  const deadline = new Date(now.getTime() - startingDeadlineSeconds * 1000);
  return deadline > since ? deadline : since;
}
