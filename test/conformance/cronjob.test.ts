import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import {
  CronJob,
  EventsV1Event,
  formatTime,
  Job,
  parseTime,
  type CronJobSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

type Jobs = readonly Stored<Job>[];

const minuteMs = 60_000;
const timestampKey = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const hourMs = 60 * minuteMs;
const never = '0 0 1 1 *';
/** Half an hour away from now in both directions, so that no time comes by itself while the tests run. */
const minute = (new Date().getUTCMinutes() + 30) % 60;
const lastDue = (): number =>
  Math.floor((Date.now() - minute * minuteMs) / hourMs) * hourMs + minute * minuteMs;
const isActive = ({ metadata, status }: Stored<Job>): boolean =>
  metadata.deletionTimestamp === undefined && (status?.conditions ?? []).length === 0;

describeOnEachServer('CronJobs', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let name: string;
  let cronJobs = 0;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });
  beforeEach(() => {
    cronJobs += 1;
    name = `cron-${cronJobs}`;
  });

  const create = (spec: Partial<CronJobSpec> = {}): Promise<Stored<CronJob>> =>
    client.create(CronJob, {
      metadata: { name, namespace },
      spec: {
        schedule: `${String(minute)} * * * *`,
        jobTemplate: {
          metadata: { labels: { app: name }, annotations: { note: 'kept' } },
          spec: {
            // Nobody runs it: the test says how it ends.
            managedBy: 'example.com/nobody',
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] },
            },
          },
        },
        ...spec,
      },
    });
  const change = async (spec: Partial<CronJobSpec>): Promise<void> => {
    await client.patch(CronJob, { namespace, name }, { type: 'merge', body: { spec } });
  };
  /** Makes as if the last Job had been made so long ago; what was due since is made up for at once. */
  const backdate = async (hours: number): Promise<void> => {
    const lastScheduleTime = formatTime(new Date(Date.now() - hours * hourMs));
    await client.patch(
      CronJob,
      { namespace, name },
      { type: 'merge', body: { status: { lastScheduleTime } } },
      { subresource: 'status' },
    );
  };
  const untilCronJob = (
    isWanted: (cronJob: Stored<CronJob>) => boolean,
  ): Promise<Stored<CronJob>> => untilObject(client, CronJob, { namespace, name }, isWanted);
  const untilJobs = (isWanted: (jobs: Jobs) => boolean): Promise<Jobs> =>
    untilState(client, Job, { namespace, labelSelector: `app=${name}` }, isWanted);
  const untilJob = async (): Promise<Stored<Job>> => {
    const [job] = await untilJobs((jobs) => jobs.filter(isActive).length === 1);
    assert.ok(job);
    return job;
  };
  /** Ends a Job as a controller would. */
  const end = async ({ metadata }: Stored<Job>, isSuccess: boolean): Promise<string> => {
    const at = formatTime(new Date());
    const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: at });
    await client.patch(
      Job,
      { namespace, name: metadata.name },
      {
        type: 'merge',
        body: {
          status: {
            startTime: at,
            conditions: isSuccess
              ? [condition('SuccessCriteriaMet'), condition('Complete')]
              : [condition('FailureTarget'), condition('Failed')],
            ...(isSuccess ? { completionTime: at } : {}),
          },
        },
      },
      { subresource: 'status' },
    );
    return at;
  };
  const untilEvent = async (reason: string): Promise<string[]> => {
    const isOfCronJob = (event: Stored<EventsV1Event>): boolean =>
      event.regarding?.kind === 'CronJob' &&
      event.regarding.name === name &&
      event.reason === reason;
    const events = await untilState(client, EventsV1Event, { namespace }, (found) =>
      found.some(isOfCronJob),
    );
    return events.filter(isOfCronJob).map(({ type = '', note = '' }) => `${type}: ${note}`);
  };

  test('make a Job that is named after its time, owned and noted', async () => {
    const { metadata } = await create();
    await backdate(1);
    const job = await untilJob();
    const time = parseTime(job.metadata.annotations?.[timestampKey]);
    assert.ok(time !== undefined && time.getTime() % hourMs === minute * minuteMs);
    assert.equal(job.metadata.name, `${name}-${String(time.getTime() / minuteMs)}`);
    assert.equal(job.metadata.annotations?.['note'], 'kept');
    const [owner] = job.metadata.ownerReferences ?? [];
    assert.deepEqual(
      [owner?.kind, owner?.uid, owner?.controller, owner?.blockOwnerDeletion],
      ['CronJob', metadata.uid, true, true],
    );
    const { status } = await untilCronJob((cronJob) => cronJob.status?.active?.length === 1);
    assert.equal(status?.lastScheduleTime, formatTime(time));
    const { name: jobName, uid, resourceVersion } = job.metadata;
    assert.deepEqual(status.active, [
      { apiVersion: 'batch/v1', kind: 'Job', namespace, name: jobName, uid, resourceVersion },
    ]);
    assert.deepEqual(await untilEvent('SuccessfulCreate'), [`Normal: Created job ${jobName}`]);
  });

  test('take a Job that has ended off the list, and remember the last success', async () => {
    await create({ suspend: true });
    await change({ suspend: false });
    await backdate(1);
    const job = await untilJob();
    await untilCronJob(({ status }) => status?.active?.length === 1);
    await change({ suspend: true });
    const at = await end(job, true);
    const { status } = await untilCronJob((cronJob) => cronJob.status?.active === undefined);
    assert.equal(status?.lastSuccessfulTime, at);
    assert.deepEqual(await untilEvent('SawCompletedJob'), [
      `Normal: Saw completed job: ${job.metadata.name}, condition: Complete`,
    ]);
  });

  test('remember no success of a Job that failed', async () => {
    await create();
    await backdate(1);
    const job = await untilJob();
    await untilCronJob(({ status }) => status?.active?.length === 1);
    await change({ suspend: true });
    await end(job, false);
    const { status } = await untilCronJob((cronJob) => cronJob.status?.active === undefined);
    assert.equal(status?.lastSuccessfulTime, undefined);
  });

  /** Makes a Job of hours ago that still runs. */
  const withRunningJob = async (spec: Partial<CronJobSpec>): Promise<Stored<Job>> => {
    const { metadata } = await create({ suspend: true, ...spec });
    const time = new Date(lastDue() - 2 * hourMs);
    const running = await client.create(Job, {
      metadata: {
        name: `${name}-${String(time.getTime() / minuteMs)}`,
        namespace,
        labels: { app: name },
        ownerReferences: [
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            name,
            uid: metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        managedBy: 'example.com/nobody',
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] },
        },
      },
    });
    const { apiVersion, kind } = running;
    const { uid } = running.metadata;
    await client.patch(
      CronJob,
      { namespace, name },
      {
        type: 'merge',
        body: {
          status: {
            lastScheduleTime: formatTime(time),
            active: [{ apiVersion, kind, namespace, name: running.metadata.name, uid }],
          },
        },
      },
      { subresource: 'status' },
    );
    return running;
  };

  test('run several Jobs at a time where they may', async () => {
    await withRunningJob({ concurrencyPolicy: 'Allow' });
    await change({ suspend: false });
    await untilCronJob(({ status }) => status?.active?.length === 2);
    assert.equal((await untilJobs(() => true)).filter(isActive).length, 2);
  });

  test('wait for the Job before, where told so, and then make up for the time', async () => {
    const running = await withRunningJob({ concurrencyPolicy: 'Forbid' });
    await change({ suspend: false });
    assert.deepEqual(await untilEvent('JobAlreadyActive'), [
      'Normal: Not starting job because prior execution is running and concurrency policy is Forbid',
    ]);
    assert.equal((await untilJobs(() => true)).length, 1);
    await end(running, true);
    const [next] = (await untilJobs((jobs) => jobs.length === 2)).filter(isActive);
    assert.notEqual(next?.metadata.uid, running.metadata.uid);
  });

  test('replace the Job before, where told so', async () => {
    const running = await withRunningJob({ concurrencyPolicy: 'Replace' });
    await change({ suspend: false });
    await untilGone(client, Job, { namespace, name: running.metadata.name });
    const next = await untilJob();
    const { status } = await untilCronJob(
      (cronJob) => cronJob.status?.active?.[0]?.uid === next.metadata.uid,
    );
    assert.equal(status?.active?.length, 1);
    assert.deepEqual(await untilEvent('SuccessfulDelete'), [
      `Normal: Deleted job ${running.metadata.name}`,
    ]);
  });

  test('notice that a Job on the list is gone', async () => {
    const running = await withRunningJob({});
    const reference = { namespace, name: running.metadata.name };
    await client.delete(Job, reference, { propagationPolicy: 'Background' });
    await untilCronJob(({ status }) => status?.active === undefined);
    assert.deepEqual(await untilEvent('MissingJob'), [
      `Normal: Active job went missing: ${running.metadata.name}`,
    ]);
  });

  test('tell of a Job of theirs that they did not make', async () => {
    const { metadata } = await create({ schedule: never });
    const stranger = await client.create(Job, {
      metadata: {
        name: `${name}-by-hand`,
        namespace,
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'CronJob', name, uid: metadata.uid, controller: true },
        ],
      },
      spec: {
        managedBy: 'example.com/nobody',
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] },
        },
      },
    });
    const [event] = await untilEvent('UnexpectedJob');
    assert.equal(
      event,
      `Warning: Saw a job that the controller did not create or forgot: ${stranger.metadata.name}`,
    );
  });

  test('make up for one of many times they have let pass, and say how many those are', async () => {
    await create({ suspend: true });
    await backdate(200);
    await change({ suspend: false });
    const job = await untilJob();
    const time = parseTime(job.metadata.annotations?.[timestampKey]);
    assert.ok(time !== undefined && Date.now() - time.getTime() < 2 * hourMs);
    assert.deepEqual(await untilEvent('TooManyMissedTimes'), [
      'Warning: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    ]);
  });

  test('do not make up for times that are older than they may be', async () => {
    await create({ schedule: never, startingDeadlineSeconds: 60 });
    await backdate(2 * 366 * 24);
    // Looked at since: its generation is, and another that was changed later has its Job.
    const late = name;
    name = `${late}-sentinel`;
    await create();
    await backdate(1);
    await untilJob();
    const { items } = await client.list(Job, { namespace, labelSelector: `app=${late}` });
    assert.equal(items.length, 0);
  });

  test('make nothing while suspended', async () => {
    await create({ suspend: true });
    await backdate(5);
    const resting = name;
    name = `${resting}-sentinel`;
    await create();
    await backdate(1);
    await untilJob();
    const { items } = await client.list(Job, { namespace, labelSelector: `app=${resting}` });
    assert.equal(items.length, 0);
  });

  test('go by the clocks of their time zone', async () => {
    // Noon in Kathmandu is at 6:15 in UTC, all year round.
    await create({ schedule: '0 12 * * *', timeZone: 'Asia/Kathmandu', suspend: true });
    await backdate(25);
    await change({ suspend: false });
    const job = await untilJob();
    const text = job.metadata.annotations?.[timestampKey];
    assert.match(text ?? '', /T12:00:00\+05:45$/);
    assert.match(formatTime(parseTime(text) ?? new Date(0)), /T06:15:00Z$/);
  });

  test('do not make up for what a new schedule would have had before it was given', async () => {
    await create({ schedule: never });
    await backdate(24);
    // What the controller still had to do for the old schedule would be done by the new one: another that comes later has its Job.
    const mine = name;
    name = `${mine}-sentinel`;
    await create();
    await backdate(1);
    await untilJob();
    name = mine;
    const changedAt = Date.now();
    await change({ schedule: '@every 3s' });
    const job = await untilJob();
    const time = parseTime(job.metadata.annotations?.[timestampKey]);
    assert.ok(time !== undefined && time.getTime() > changedAt, `${String(time)} is too early`);
    await change({ suspend: true });
  });

  test('keep as many Jobs that ended as they are to', async () => {
    const { metadata } = await create({
      schedule: never,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 0,
    });
    const made: Stored<Job>[] = [];
    for (const suffix of ['a', 'b', 'c']) {
      made.push(
        await client.create(Job, {
          metadata: {
            name: `${name}-${suffix}`,
            namespace,
            labels: { app: name },
            ownerReferences: [
              {
                apiVersion: 'batch/v1',
                kind: 'CronJob',
                name,
                uid: metadata.uid,
                controller: true,
              },
            ],
          },
          spec: {
            managedBy: 'example.com/nobody',
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] },
            },
          },
        }),
      );
    }
    for (const [index, job] of made.entries()) await end(job, index < 2);
    const left = await untilJobs((jobs) => jobs.length === 1);
    assert.equal(left[0]?.metadata.name, `${name}-b`);
  });

  test('let be a Job of the right name that is not theirs', async () => {
    await create({ suspend: true });
    const stranger = await client.create(Job, {
      metadata: { name: `${name}-${String(lastDue() / minuteMs)}`, namespace },
      spec: {
        managedBy: 'example.com/nobody',
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'app:1' }] },
        },
      },
    });
    await backdate(1);
    await change({ suspend: false });
    const mine = name;
    name = `${mine}-sentinel`;
    await create();
    await backdate(1);
    await untilJob();
    const { status } = await client.get(CronJob, { namespace, name: mine });
    assert.equal(status?.active, undefined);
    const found = await client.get(Job, { namespace, name: stranger.metadata.name });
    assert.equal(found.metadata.uid, stranger.metadata.uid);
    assert.equal(found.metadata.ownerReferences, undefined);
  });

  test('take their Jobs along when they are deleted', async () => {
    await create();
    await backdate(1);
    await untilJob();
    await client.delete(CronJob, { namespace, name });
    await untilGone(client, CronJob, { namespace, name });
    await untilJobs((jobs) => jobs.length === 0);
  });
});
