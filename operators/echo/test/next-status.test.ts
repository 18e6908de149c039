import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StatusError } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { eventsOf } from '../src/reconcile/events-of.ts';
import { failureFinding } from '../src/reconcile/failure.ts';
import { nextStatus, type NextStatus } from '../src/reconcile/next-status.ts';
import type { Finding } from '../src/work/work.ts';
import { storedEcho } from './stored-echo.ts';

const now = new Date('2026-01-31T12:00:00Z');
const later = new Date('2026-01-31T12:00:05Z');

function ready(status: 'True' | 'False', reason: string, message = ''): Finding['conditions'] {
  return [{ type: 'Ready', status, reason, message }];
}

function firstStatus(finding: Finding): NextStatus {
  const status = nextStatus(storedEcho(), finding, now);
  assert.ok(status !== undefined);
  return status;
}

describe('the status of an echo', () => {
  const finding: Finding = { jobUid: 'job-1', conditions: ready('True', 'JobCreated', 'it is') };

  test('tells what was found, and of which generation', () => {
    assert.deepEqual(firstStatus(finding), {
      observedGeneration: 1,
      jobUid: 'job-1',
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'JobCreated',
          message: 'it is',
          lastTransitionTime: '2026-01-31T12:00:00Z',
          observedGeneration: 1,
        },
      ],
    });
  });

  test('is not written again when the same is found later', () => {
    assert.equal(
      nextStatus(storedEcho({ status: firstStatus(finding) }), finding, later),
      undefined,
    );
  });

  test('keeps the uid of the Job when a finding does not name it', () => {
    const { conditions } = finding;
    assert.equal(
      nextStatus(storedEcho({ status: firstStatus(finding) }), { conditions }, later),
      undefined,
    );
  });

  for (const [what, found, generation] of [
    ['another reason', { ...finding, conditions: ready('True', 'Said', 'it is') }, 1],
    ['another message', { ...finding, conditions: ready('True', 'JobCreated', 'it was') }, 1],
    ['another Job', { ...finding, jobUid: 'job-2' }, 1],
    ['another generation', finding, 2],
  ] as const) {
    test(`is written for ${what}, at the time of the last change of its truth`, () => {
      const next = nextStatus(
        storedEcho({ status: firstStatus(finding), generation }),
        found,
        later,
      );
      assert.equal(next?.conditions[0]?.lastTransitionTime, '2026-01-31T12:00:00Z');
      assert.equal(next.observedGeneration, generation);
    });
  }

  test('keeps the conditions that a finding does not speak of', () => {
    const status = firstStatus({ conditions: [...ready('True', 'a'), ...complete('False', 'b')] });
    const next = nextStatus(storedEcho({ status }), { conditions: ready('False', 'c') }, later);
    assert.deepEqual(
      next?.conditions.map(({ type, reason }) => `${type} ${reason}`),
      ['Ready c', 'Complete b'],
    );
  });

  test('takes any text for a message, as long as a condition may have it and without control characters', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 40 }).map((part) => part.repeat(2_000)),
    );
    fc.assert(
      fc.property(text, (message) => {
        const [condition] = firstStatus({ conditions: ready('False', 'X', message) }).conditions;
        assert.ok(Array.from(condition?.message ?? '').length <= 32_768);
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        assert.doesNotMatch(condition?.message ?? '', /[\u0000-\u0008\u000b-\u001f\u202e]/);
        const status = firstStatus({ conditions: ready('False', 'X', message) });
        const again = { conditions: ready('False', 'X', message) };
        assert.equal(nextStatus(storedEcho({ status }), again, later), undefined);
      }),
      { numRuns: 50 },
    );
  });

  test('shows an escape sequence of a hostile Job as what it is', () => {
    const [condition] = firstStatus({
      conditions: ready('False', 'JobFailed', '\u001b[2Jgone\u202e'),
    }).conditions;
    assert.equal(condition?.message, '\ufffd[2Jgone\ufffd');
  });
});

function complete(status: 'True' | 'False', reason: string): Finding['conditions'] {
  return [{ type: 'Complete', status, reason, message: '' }];
}

describe('the Events of an echo', () => {
  const reasonsOf = (before: NextStatus | undefined, found: Finding, generation = 1): string[] => {
    const echo = storedEcho({ status: before, generation });
    const next = nextStatus(echo, found, later);
    return next === undefined
      ? []
      : eventsOf(echo, next).map(({ type, reason }) => `${type} ${reason}`);
  };
  const made: Finding = { conditions: ready('True', 'JobCreated') };

  test('tell what is new, and how good it is', () => {
    assert.deepEqual(reasonsOf(undefined, made), ['Normal JobCreated']);
    assert.deepEqual(reasonsOf(firstStatus(made), { conditions: ready('False', 'JobGone') }), [
      'Warning JobGone',
    ]);
  });

  test('do not tell of another message about the same', () => {
    const found: Finding = { conditions: ready('True', 'JobCreated', 'in other words') };
    assert.deepEqual(reasonsOf(firstStatus(made), found), []);
  });

  test('tell that a change of what is asked for was followed', () => {
    assert.deepEqual(reasonsOf(firstStatus(made), made, 2), ['Normal Updated']);
  });

  test('do not tell that a Job goes on', () => {
    assert.deepEqual(reasonsOf(undefined, { conditions: complete('False', 'JobRunning') }), []);
  });

  test('of the same change have the same key, and of different ones different keys', () => {
    const keyOf = (found: Finding, generation = 1): string | undefined => {
      const echo = storedEcho({ generation });
      const next = nextStatus(echo, found, later);
      return next && eventsOf(echo, next)[0]?.idempotencyKey;
    };
    assert.equal(keyOf(made), keyOf(made));
    const others = [
      keyOf(made),
      keyOf(made, 2),
      keyOf({ ...made, jobUid: 'job-2' }),
      keyOf({ conditions: ready('False', 'JobGone') }),
    ];
    assert.equal(new Set(others).size, others.length);
  });
});

describe('what is said of a failure', () => {
  const status = (reason: string): StatusError =>
    new StatusError({ status: 'Failure', code: 403, reason, message: 'no' });
  const reasonOf = (error: unknown): string | undefined =>
    failureFinding(error).conditions[0]?.reason;

  test('has the server’s word for a reason', () => {
    assert.equal(reasonOf(status('Forbidden')), 'Forbidden');
  });

  for (const hostile of ['', 'two words', '9lives', 'x'.repeat(1_025), 'End:', '\u001b[2J']) {
    test(`has its own where that is ${JSON.stringify(hostile.slice(0, 20))}, which no condition takes`, () => {
      assert.equal(reasonOf(status(hostile)), 'RequestFailed');
    });
  }

  test('has its own where the server was not reached', () => {
    assert.equal(reasonOf(new Error('ECONNREFUSED')), 'RequestFailed');
    assert.equal(reasonOf('odd'), 'RequestFailed');
  });
});
