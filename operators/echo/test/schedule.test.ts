import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { schedulePattern, scheduleProblem } from '../src/api/schedule.ts';

const pattern = new RegExp(schedulePattern);
const names = ['jan', 'JUN', 'Dec', 'sun', 'MON', 'Sat', 'foo'];

/** Lines that look like schedules, right ones and wrong ones. */
const value = fc.oneof(
  fc.integer({ min: 0, max: 65 }).map(String),
  fc.integer({ min: 0, max: 31 }).map((number) => `0${number}`),
  fc.constantFrom(...names),
);
const range = fc.oneof(
  value,
  fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
  fc.constantFrom('*', '?'),
);
const part = fc.oneof(
  range,
  fc.tuple(range, fc.integer({ min: 0, max: 70 })).map(([each, step]) => `${each}/${step}`),
);
const field = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
const line = fc
  .tuple(fc.array(field, { minLength: 4, maxLength: 6 }), fc.constantFrom(' ', '  ', '\t'))
  .map(([fields, blank]) => fields.join(blank));
const word = fc.oneof(
  fc.constantFrom('@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'),
  fc.constantFrom('@reboot', '@Hourly', '@every', '@every ', '@every 1', '@every x'),
  fc
    .array(fc.tuple(fc.nat(99), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h', 'd')), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => `@every ${parts.flat().join('')}`),
);
const schedule = fc.oneof({ arbitrary: line, weight: 4 }, word);

describe('the pattern of schedules', () => {
  test('refuses nothing that Kubernetes takes', () => {
    fc.assert(
      fc.property(schedule, (text) => {
        fc.pre(scheduleProblem(text) === undefined);
        assert.match(text, pattern);
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes nothing that Kubernetes refuses, but for ranges that end before they begin', () => {
    fc.assert(
      fc.property(schedule, (text) => {
        fc.pre(pattern.test(text));
        const problem = scheduleProblem(text);
        if (problem !== undefined) assert.match(problem, /^beginning of range \(\d+\) beyond end/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes no time zone, which is a field of its own', () => {
    for (const text of ['TZ=UTC * * * * *', 'CRON_TZ=UTC * * * * *']) {
      assert.doesNotMatch(text, pattern);
    }
  });

  test('takes the whole text or nothing', () => {
    for (const text of [' * * * * *', '* * * * * ', '* * * * *\n', 'x @daily', '@daily x']) {
      assert.doesNotMatch(text, pattern, JSON.stringify(text));
    }
  });

  test('answers for a long hostile text as fast as for a short one', () => {
    const hostile = `${'0-0/1,'.repeat(40)}x`;
    assert.doesNotMatch(hostile, pattern);
    assert.doesNotMatch(`@every ${'1'.repeat(240)}`, pattern);
  });
});
