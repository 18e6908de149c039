import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Job, Pod, Stored } from '@kubewright/apimachinery';
import { BackoffRecords } from '../src/controllers/job/backoff-records.ts';
import { finishedAtMs, trackingFinalizer } from '../src/controllers/job/job-pods.ts';
import { noBackoff, remainingMs, withFinishedPods } from '../src/controllers/job/pod-backoff.ts';

const meta = { uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const startMs = Date.parse(meta.creationTimestamp);
const at = (seconds: number): string =>
  new Date(startMs + seconds * 1000).toISOString().replace('.000Z', 'Z');

function pod(phase: string, finishedSeconds: number, isTracked = true): Stored<Pod> {
  const terminated = { exitCode: 0, finishedAt: at(finishedSeconds) };
  const status = { name: 'app', image: '', imageID: '', ready: false, restartCount: 0 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...meta, name: 'pod', ...(isTracked && { finalizers: [trackingFinalizer] }) },
    status: { phase, containerStatuses: [{ ...status, state: { terminated } }] },
  };
}

const job: Stored<Job> = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { ...meta, name: 'job', namespace: 'default' },
};

describe('the back-off of a Job', () => {
  test('doubles with each failure, from ten seconds to ten minutes', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 40].map((failures) =>
      remainingMs({ failures, lastFailureMs: startMs }, startMs),
    );
    assert.deepEqual(
      waits.map((wait) => wait / 1000),
      [0, 10, 20, 40, 80, 160, 320, 600, 600, 600],
    );
  });

  test('is over when its time has passed', () => {
    const backoff = { failures: 2, lastFailureMs: startMs };
    assert.equal(remainingMs(backoff, startMs + 19_000), 1_000);
    assert.equal(remainingMs(backoff, startMs + 20_000), 0);
    assert.equal(remainingMs(backoff, startMs + 90_000), 0);
  });

  test('counts from the end of the last failed pod, whatever their order', () => {
    const backoff = withFinishedPods(noBackoff, [], [pod('Failed', 30), pod('Failed', 10)]);
    assert.deepEqual(backoff, { failures: 2, lastFailureMs: startMs + 30_000 });
  });

  test('begins anew with a success; only what failed after it counts', () => {
    const before = { failures: 5, lastFailureMs: startMs };
    const succeeded = [pod('Succeeded', 20)];
    assert.deepEqual(withFinishedPods(before, succeeded, []), noBackoff);
    const failed = [pod('Failed', 10), pod('Failed', 30)];
    assert.deepEqual(withFinishedPods(before, succeeded, failed), {
      failures: 1,
      lastFailureMs: startMs + 30_000,
    });
  });

  test('survives the controller, by the pods that were counted and are still there', () => {
    const pods = [pod('Failed', 10, false), pod('Failed', 20, false), pod('Failed', 30)];
    assert.deepEqual(new BackoffRecords().of(job, pods), {
      failures: 2,
      lastFailureMs: startMs + 20_000,
    });
  });

  test('is that of the Job, not of an earlier one of its name', () => {
    const records = new BackoffRecords();
    records.set(job, { failures: 3, lastFailureMs: startMs });
    assert.equal(records.of(job, []).failures, 3);
    const other = { ...job, metadata: { ...job.metadata, uid: 'other' } };
    assert.equal(records.of(other, []).failures, 0);
    records.delete('default/job');
    assert.equal(records.of(job, []).failures, 0);
  });
});

describe('the end of a pod', () => {
  test('is that of its last container, sidecars included', () => {
    const ended = (name: string, seconds: number) => ({
      name,
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 0, finishedAt: at(seconds) } },
    });
    const withSidecar: Stored<Pod> = {
      ...pod('Failed', 0),
      spec: {
        containers: [{ name: 'app' }],
        initContainers: [{ name: 'first' }, { name: 'sidecar', restartPolicy: 'Always' }],
      },
      status: {
        containerStatuses: [ended('app', 5)],
        initContainerStatuses: [ended('first', 99), ended('sidecar', 7)],
      },
    };
    assert.equal(finishedAtMs(withSidecar), startMs + 7_000);
  });

  test('is when it ceased to be ready, was deleted or was made, where no container tells', () => {
    const silent: Stored<Pod> = { ...pod('Failed', 0), status: { phase: 'Failed' } };
    assert.equal(finishedAtMs(silent), startMs);
    const deleted = {
      ...silent,
      metadata: { ...silent.metadata, deletionTimestamp: at(40), deletionGracePeriodSeconds: 30 },
    };
    assert.equal(finishedAtMs(deleted), startMs + 10_000);
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: at(3) }];
    assert.equal(finishedAtMs({ ...deleted, status: { conditions } }), startMs + 3_000);
  });
});
