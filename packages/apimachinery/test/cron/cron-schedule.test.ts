import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CronError, parseCronSchedule, type CronSchedule } from '../../src/index.ts';

/** What robfig/cron, which Kubernetes uses, made of a schedule; written by `scripts/record-cron-schedules`. */
interface Recorded {
  readonly schedule: string;
  readonly zone?: string;
  readonly after?: string;
  readonly times?: readonly string[];
  readonly error?: string;
}

const recorded = JSON.parse(
  readFileSync(new URL('./recorded/schedules.json', import.meta.url), 'utf8'),
) as readonly Recorded[]; // the recorder writes nothing else

function timesOf(schedule: CronSchedule, after: string, count: number): string[] {
  const times: string[] = [];
  let last: Date | undefined = new Date(after);
  while (times.length < count) {
    last = schedule.next(last);
    if (last === undefined) break;
    times.push(last.toISOString().replace('.000Z', 'Z'));
  }
  return times;
}

describe('schedules as robfig/cron reads them', () => {
  test('are due at the same times, in each zone and around each change of clocks', () => {
    const accepted = recorded.filter(({ after }) => after !== undefined);
    assert.ok(accepted.length > 1000);
    for (const { schedule, zone, after = '', times = [] } of accepted) {
      const parsed = parseCronSchedule(schedule, { timeZone: zone });
      assert.deepEqual(timesOf(parsed, after, 4), times, `${schedule} in ${zone} after ${after}`);
    }
  });

  for (const { schedule, error = '' } of recorded.filter((each) => each.error !== undefined)) {
    test(`are refused in the same words: ${JSON.stringify(schedule)}`, () => {
      assert.throws(
        () => parseCronSchedule(schedule),
        (thrown) => thrown instanceof CronError && thrown.message === error,
      );
    });
  }
});

describe('a schedule', () => {
  test('is refused when it is empty', () => {
    assert.throws(() => parseCronSchedule(''), { message: 'empty spec string' });
  });

  for (const zone of ['Nowhere/City', 'europe/berlin', '+01:00', 'Europe/../Berlin']) {
    test(`is refused in the time zone ${zone}, which Kubernetes does not know`, () => {
      assert.throws(() => parseCronSchedule('* * * * *', { timeZone: zone }), CronError);
    });
  }

  test('whose day never comes is never due', () => {
    assert.equal(parseCronSchedule('0 0 31 2 *').next(new Date('2026-01-01T00:00:00Z')), undefined);
  });

  test('is due at a whole minute after the moment asked for, and never skips one that fits', () => {
    const time = fc.date({
      min: new Date('1990-01-01'),
      max: new Date('2090-01-01'),
      noInvalidDate: true,
    });
    const value = (min: number, max: number) =>
      fc.option(fc.integer({ min, max }).map(String), { nil: '*' });
    const line = fc.tuple(value(0, 59), value(0, 23), value(1, 28), value(1, 12), fc.constant('*'));
    fc.assert(
      fc.property(line, time, (fields, after) => {
        const [minute, hour, day, month] = fields;
        const next = parseCronSchedule(fields.join(' ')).next(after);
        assert.ok(next !== undefined && next > after);
        const fits = (at: Date) =>
          at.getUTCSeconds() === 0 &&
          [
            [minute, at.getUTCMinutes()],
            [hour, at.getUTCHours()],
            [day, at.getUTCDate()],
            [month, at.getUTCMonth() + 1],
          ].every(([wanted, actual]) => wanted === '*' || Number(wanted) === actual);
        assert.ok(fits(next));
        for (let at = next.getTime() - 60_000; at > after.getTime(); at -= 60_000) {
          assert.ok(!fits(new Date(at)));
          if (next.getTime() - at > 5_000 * 60_000) break;
        }
      }),
    );
  });
});
