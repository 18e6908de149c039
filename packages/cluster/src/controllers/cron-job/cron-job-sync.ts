import {
  CronError,
  CronJob,
  deepEqual,
  formatTime,
  isAlreadyExists,
  isControlledBy,
  isNamespaceTerminating,
  isNotFound,
  Job,
  parseCronSchedule,
  parseTime,
  TimeZone,
  type CronJobStatus,
  type CronSchedule,
  type ObjectReference,
  type Stored,
} from '@kubewright/apimachinery';
import {
  controllerUidIndex,
  done,
  requeueAfter,
  type ReconcileContext,
  type Result,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { finishOf, hasSucceeded } from '../job/job-conditions.ts';
import type { ReadonlyJob } from '../job/job-pods.ts';
import { messageOf } from '../pods/pod-control.ts';
import { jobsBeyondHistory } from './job-history.ts';
import { jobNameOf, jobOf } from './scheduled-job.ts';
import {
  missedTimes,
  ScheduleNeverDueError,
  untilNextMs,
  type ReadonlyCronJob,
} from './schedule-times.ts';

/** What a look at a CronJob is made with. */
export interface CronJobSyncOptions {
  readonly cronJob: ReadonlyCronJob;
  /** The schedule was changed since the last look: what the new one would have missed is not made up for. */
  readonly isRescheduled: boolean;
  readonly context: ReconcileContext;
  readonly events: CoreEventRecorder;
  readonly now: Date;
}

/** One look at one CronJob: follows its Jobs, and makes the one whose time has come. */
export class CronJobSync {
  readonly #options: CronJobSyncOptions;
  /** Changed while looking, and written in the end. */
  readonly #status: CronJobStatus;

  constructor(options: CronJobSyncOptions) {
    this.#options = options;
    // Copied, because the cache's own must not change.
    this.#status = structuredClone(options.cronJob.status ?? {}) as CronJobStatus;
  }

  async run(): Promise<Result> {
    const { cronJob, context } = this.#options;
    const index = { name: controllerUidIndex, value: cronJob.metadata.uid };
    const jobs = context.cache.list(Job, { index });
    for (const job of jobsBeyondHistory(cronJob, jobs)) await this.#delete(job);
    await this.#follow(jobs);
    try {
      return await this.#serve();
    } finally {
      // What was found out is kept also when no Job could be made.
      await this.#write();
    }
  }

  /** Keeps the list of Jobs that have not ended, and the time of the last success. */
  async #follow(jobs: readonly ReadonlyJob[]): Promise<void> {
    for (const job of jobs) {
      const { name, uid } = job.metadata;
      const finish = finishOf(job);
      if (finish === undefined) {
        if (!this.#isActive(uid) && !(await this.#isKnown(uid))) {
          const text = `Saw a job that the controller did not create or forgot: ${name}`;
          this.#tell('Warning', 'UnexpectedJob', text);
        }
        continue;
      }
      if (this.#isActive(uid)) {
        this.#dropActive(uid);
        const text = `Saw completed job: ${name}, condition: ${finish.type}`;
        this.#tell('Normal', 'SawCompletedJob', text);
      }
      if (hasSucceeded(job)) this.#noteSuccess(job.status?.completionTime);
    }
    const present = new Set(jobs.map(({ metadata }) => metadata.uid));
    for (const { uid = '', name = '' } of this.#status.active ?? []) {
      if (present.has(uid) || (await this.#find(name)) !== undefined) continue;
      this.#tell('Normal', 'MissingJob', `Active job went missing: ${name}`);
      this.#dropActive(uid);
    }
  }

  /** Makes the Job whose time has come, if one has, and tells when to look again. */
  async #serve(): Promise<Result> {
    const { cronJob, isRescheduled, now } = this.#options;
    if (cronJob.metadata.deletionTimestamp !== undefined) return done();
    const schedule = this.#readSchedule();
    if (schedule === undefined || cronJob.spec.suspend === true) return done();
    try {
      const { latest, amount } = missedTimes(this.#current(), schedule, now);
      if (latest !== undefined && !isRescheduled) {
        if (amount === 'many') {
          const text =
            'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
          this.#tell('Warning', 'TooManyMissedTimes', text);
        }
        await this.#start(latest);
      }
    } catch (error) {
      if (!(error instanceof ScheduleNeverDueError)) throw error;
      const text = `invalid schedule: ${cronJob.spec.schedule} : ${error.message}`;
      this.#tell('Warning', 'InvalidSchedule', text);
      return done();
    }
    const delayMs = untilNextMs(this.#current(), schedule, now);
    return delayMs === undefined ? done() : requeueAfter(delayMs);
  }

  #readSchedule(): CronSchedule | undefined {
    const { schedule, timeZone } = this.#options.cronJob.spec;
    if (timeZone !== undefined) {
      const problem = refusalOf(() => new TimeZone(timeZone));
      if (problem !== undefined) {
        const text = `invalid timeZone: ${JSON.stringify(timeZone)}: ${problem}`;
        this.#tell('Warning', 'UnknownTimeZone', text);
        return undefined;
      }
    }
    const problem = refusalOf(() => parseCronSchedule(schedule, { timeZone }));
    if (problem === undefined) return parseCronSchedule(schedule, { timeZone });
    const text = `unparseable schedule: ${JSON.stringify(schedule)} : ${problem}`;
    this.#tell('Warning', 'UnparseableSchedule', text);
    return undefined;
  }

  async #start(time: Date): Promise<void> {
    const { cronJob, now } = this.#options;
    const { startingDeadlineSeconds = Infinity, concurrencyPolicy } = cronJob.spec;
    if (time.getTime() + startingDeadlineSeconds * 1000 < now.getTime()) {
      const shown = time.toUTCString().replace('GMT', '+0000');
      this.#tell('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${shown}`);
      return;
    }
    const active = this.#status.active ?? [];
    const name = jobNameOf(cronJob, time);
    const last = parseTime(this.#status.lastScheduleTime);
    if (last?.getTime() === time.getTime() || active.some((job) => job.name === name)) return;
    if (concurrencyPolicy === 'Forbid' && active.length > 0) {
      const text =
        'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#tell('Normal', 'JobAlreadyActive', text);
      return;
    }
    if (concurrencyPolicy === 'Replace') await this.#deleteActive();
    const job = await this.#create(time);
    if (job === undefined || this.#isActive(job.metadata.uid)) return;
    this.#status.active = [...(this.#status.active ?? []), referenceTo(job)];
    this.#status.lastScheduleTime = formatTime(time);
  }

  /** Makes the Job of a time, or finds it made; undefined when another's has its name. */
  async #create(time: Date): Promise<ReadonlyJob | undefined> {
    const { cronJob, context } = this.#options;
    const { client, signal } = context;
    try {
      const job = await client.create(Job, jobOf(cronJob, time), { signal });
      this.#tell('Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      return job;
    } catch (error) {
      if (isAlreadyExists(error)) {
        // Ours, when a look was cut off before the status was written.
        const { namespace } = cronJob.metadata;
        const name = jobNameOf(cronJob, time);
        const job = await client.get(Job, { namespace, name }, { signal });
        return isControlledBy(job, cronJob) ? job : undefined;
      }
      if (!isNamespaceTerminating(error)) {
        this.#tell('Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  async #deleteActive(): Promise<void> {
    const { client, signal } = this.#options.context;
    for (const { namespace, name = '' } of this.#status.active ?? []) {
      let job: Stored<Job>;
      try {
        job = await client.get(Job, { namespace, name }, { signal });
      } catch (error) {
        this.#tell('Warning', 'FailedGet', `Get job: ${messageOf(error)}`);
        throw error;
      }
      if (!(await this.#delete(job))) throw new Error(`could not replace job ${namespace}/${name}`);
    }
  }

  async #delete(job: ReadonlyJob): Promise<boolean> {
    const { client, signal } = this.#options.context;
    const { namespace, name, uid } = job.metadata;
    const options = { preconditions: { uid }, propagationPolicy: 'Background', signal } as const;
    try {
      await client.delete(Job, { namespace, name }, options);
    } catch (error) {
      this.#tell('Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      return false;
    }
    this.#dropActive(uid);
    this.#tell('Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    return true;
  }

  /** Whether the server has the Job on the list, though the cache has not yet. */
  async #isKnown(uid: string): Promise<boolean> {
    const { cronJob, context } = this.#options;
    const { name, namespace } = cronJob.metadata;
    const reference = { name, namespace };
    const { status } = await context.client.get(CronJob, reference, { signal: context.signal });
    if (!status?.active?.some((job) => job.uid === uid)) return false;
    Object.assign(this.#status, status);
    return true;
  }

  /** A Job of the namespace, asked of the server: the cache may not have heard of it. */
  async #find(name: string): Promise<ReadonlyJob | undefined> {
    const { cronJob, context } = this.#options;
    const reference = { name, namespace: cronJob.metadata.namespace };
    try {
      return await context.client.get(Job, reference, { signal: context.signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #noteSuccess(completionTime: string | undefined): void {
    const at = parseTime(completionTime);
    const last = parseTime(this.#status.lastSuccessfulTime);
    if (at !== undefined && (last === undefined || at > last)) {
      this.#status.lastSuccessfulTime = completionTime;
    }
  }

  #isActive(uid: string): boolean {
    return this.#status.active?.some((job) => job.uid === uid) ?? false;
  }

  #dropActive(uid: string): void {
    this.#status.active = this.#status.active?.filter((job) => job.uid !== uid);
  }

  /** The CronJob with what was found out about it. */
  #current(): ReadonlyCronJob {
    return { ...this.#options.cronJob, status: this.#status };
  }

  async #write(): Promise<void> {
    const { cronJob, context } = this.#options;
    const { active = [], ...rest } = this.#status;
    const status = active.length > 0 ? { ...rest, active } : rest;
    if (deepEqual(cronJob.status ?? {}, status)) return;
    // Copied into the request, not changed: dropping the mark is safe.
    const wanted = { ...cronJob, status } as Stored<CronJob>;
    await context.client.updateStatus(CronJob, wanted, { signal: context.signal });
  }

  #tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#options.events.recordOn(this.#options.cronJob, type, reason, message);
  }
}

function referenceTo({ apiVersion, kind, metadata }: ReadonlyJob): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { kind, namespace, name, uid, apiVersion, resourceVersion };
}

/** What reading something refuses; undefined when it does not. */
function refusalOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}
