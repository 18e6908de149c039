import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CronJob, Job, Pod } from '@kubewright/apimachinery';
import { backupState } from '../src/plugins/backup-state.ts';

const at = (minutes: number): string => new Date(Date.UTC(2026, 0, 31, 3, minutes)).toISOString();
const nowMs = Date.parse(at(30));

function cronJob(status: NonNullable<CronJob['status']>): CronJob {
  // The rest of it is not looked at.
  return { metadata: { name: 'db-backups' }, status } as unknown as CronJob;
}

function failedJob(name: string, minutes: number): Job {
  return {
    metadata: { name, uid: `uid of ${name}` },
    status: {
      conditions: [
        {
          type: 'Failed',
          status: 'True',
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
          lastTransitionTime: at(minutes),
        },
      ],
    },
  };
}

function endedPod(job: string, minutes: number, exitCode: number, message?: string): Pod {
  return {
    metadata: {
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: job, uid: `uid of ${job}`, controller: true },
      ],
    },
    status: {
      containerStatuses: [
        {
          name: 'backup',
          image: 'postgres:15',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { terminated: { exitCode, finishedAt: at(minutes), ...(message && { message }) } },
        },
      ],
    },
    // The spec is not looked at.
  };
}

test('a backup that was never due is waited for', () => {
  const state = backupState({ cronJob: cronJob({}), jobs: [], pods: [], nowMs });
  assert.deepEqual(state, { type: 'waiting' });
});

test('a success after a failure ends it; a failure after a success does not', () => {
  const jobs = [failedJob('first', 1)];
  const before = cronJob({ lastScheduleTime: at(0), lastSuccessfulTime: at(5) });
  assert.deepEqual(backupState({ cronJob: before, jobs, pods: [], nowMs }), {
    type: 'succeeded',
    at: at(5),
  });
  const after = cronJob({ lastScheduleTime: at(0), lastSuccessfulTime: at(0) });
  assert.equal(backupState({ cronJob: after, jobs, pods: [], nowMs }).type, 'failed');
});

test('the newest failure is told, in the words of its last pod', () => {
  const pods = [
    endedPod('first', 1, 1, 'pg_dump: error: of yesterday'),
    endedPod('second', 2, 1, 'pg_dump: error: the first try'),
    endedPod(
      'second',
      3,
      1,
      'backup begins\npg_dump: error: could not write to file: No space left on device\nDETAIL: row (1, secret)\n',
    ),
  ];
  const jobs = [failedJob('second', 4), failedJob('first', 1)];
  const state = backupState({ cronJob: cronJob({}), jobs, pods, nowMs });
  assert.deepEqual(state, {
    type: 'failed',
    failure: {
      name: 'second',
      uid: 'uid of second',
      atMs: Date.parse(at(4)),
      why: 'pg_dump: error: could not write to file: No space left on device',
    },
  });
});

test('a pod that was killed without a word is told by its exit code', () => {
  const pods = [endedPod('first', 1, 137)];
  const state = backupState({ cronJob: cronJob({}), jobs: [failedJob('first', 1)], pods, nowMs });
  assert.equal(
    state.type === 'failed' && state.failure.why,
    'it ended with exit code 137 (SIGKILL) and said nothing',
  );
});

test('a failure whose pods are gone is told in the words of the Job', () => {
  const state = backupState({
    cronJob: cronJob({}),
    jobs: [failedJob('first', 1)],
    pods: [],
    nowMs,
  });
  assert.equal(
    state.type === 'failed' && state.failure.why,
    'Job has reached the specified backoff limit',
  );
});

test('one that does not come to an end is told after an hour', () => {
  const due = cronJob({ lastScheduleTime: at(0), lastSuccessfulTime: at(-1440) });
  const early = backupState({ cronJob: due, jobs: [], pods: [], nowMs: Date.parse(at(60)) });
  assert.equal(early.type, 'succeeded');
  const late = backupState({ cronJob: due, jobs: [], pods: [], nowMs: Date.parse(at(61)) });
  assert.deepEqual(late, { type: 'overdue', dueAt: at(0) });
});
