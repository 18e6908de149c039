import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCronSchedule, type CronJob, type Stored } from '@kubewright/apimachinery';
import fc from 'fast-check';
import {
  missedTimes,
  ScheduleNeverDueError,
  untilNextMs,
} from '../src/controllers/cron-job/schedule-times.ts';

function cronJob(schedule: string, lastScheduleTime: string, deadline?: number): Stored<CronJob> {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name: 'c',
      uid: 'uid',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      schedule,
      jobTemplate: {},
      ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }),
    },
    status: { lastScheduleTime },
  };
}

const times = (schedule: string, last: string, now: string, deadline?: number) =>
  missedTimes(cronJob(schedule, last, deadline), parseCronSchedule(schedule), new Date(now));

describe('the times of a CronJob', () => {
  test('are not missed before they come', () => {
    const { latest, amount } = times('0 * * * *', '2026-01-01T05:00:00Z', '2026-01-01T05:59:59Z');
    assert.deepEqual([latest, amount], [undefined, 'none']);
  });

  test('are due when they come', () => {
    const { latest, amount } = times('0 * * * *', '2026-01-01T05:00:00Z', '2026-01-01T06:00:00Z');
    assert.deepEqual([latest?.toISOString(), amount], ['2026-01-01T06:00:00.000Z', 'none']);
  });

  test('count from the creation when none was served', () => {
    const { status: _, ...fresh } = cronJob('0 * * * *', '');
    const now = new Date('2026-01-01T01:30:00Z');
    const { latest } = missedTimes(fresh, parseCronSchedule('0 * * * *'), now);
    assert.equal(latest?.toISOString(), '2026-01-01T01:00:00.000Z');
  });

  test('are few up to a hundred, and many from then on', () => {
    const now = '2026-01-02T00:00:30Z';
    assert.equal(times('* * * * *', '2026-01-01T23:50:00Z', now).amount, 'few');
    assert.equal(times('* * * * *', '2026-01-01T22:21:00Z', now).amount, 'few');
    assert.equal(times('* * * * *', '2026-01-01T22:19:00Z', now).amount, 'many');
  });

  test('do not count when they are older than the deadline for late starts', () => {
    const now = '2026-01-01T06:10:00Z';
    assert.equal(times('0 * * * *', '2026-01-01T01:00:00Z', now, 300).latest, undefined);
    assert.notEqual(times('0 * * * *', '2026-01-01T01:00:00Z', now, 900).latest, undefined);
  });

  test('of a schedule that is never due are an error', () => {
    assert.throws(
      () => times('59 23 31 2 *', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'),
      ScheduleNeverDueError,
    );
  });

  test('are waited for until shortly after they come', () => {
    const now = new Date('2026-01-01T05:59:59Z');
    const waiting = cronJob('0 * * * *', '2026-01-01T05:00:00Z');
    assert.equal(untilNextMs(waiting, parseCronSchedule('0 * * * *'), now), 1_100);
  });

  test('may be overlooked after a gap of another length, as by the field’s controller', () => {
    // Friday night; 18:00 was the last time, and by gaps of four hours the last but one.
    const { latest } = times('0 6-18/4 * * 1-5', '2026-01-01T00:00:00Z', '2026-01-16T22:00:30Z');
    assert.equal(latest, undefined);
  });

  test('are found without going through all that were missed', () => {
    const schedule = fc.constantFrom('*/2 * * * *', '*/7 * * * *', '5 */6 * * *', '15 3 * * *');
    const minutes = fc.integer({ min: 0, max: 3 * 24 * 60 });
    fc.assert(
      fc.property(schedule, minutes, (line, passed) => {
        const last = '2026-01-01T00:00:00Z';
        const now = new Date(Date.parse(last) + passed * 60_000 + 30_000);
        const parsed = parseCronSchedule(line);
        let latest: Date | undefined;
        for (let time = parsed.next(new Date(last)); time && time <= now;) {
          latest = time;
          time = parsed.next(time);
        }
        assert.deepEqual(missedTimes(cronJob(line, last), parsed, now).latest, latest);
      }),
    );
  });
});
