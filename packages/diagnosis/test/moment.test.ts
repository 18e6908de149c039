import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf } from '../src/index.ts';

test('a file was written soon after the newest time in it', () => {
  const pod = {
    metadata: {
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { note: '2030-01-01T00:00:00Z' },
    },
    status: {
      conditions: [{ lastTransitionTime: '2026-01-01T00:01:00Z' }],
      containerStatuses: [
        { state: { terminated: { startedAt: null, finishedAt: '2026-01-01T00:02:00Z' } } },
      ],
    },
  };
  assert.equal(momentOf([pod])?.toISOString(), '2026-01-01T00:03:00.000Z');
  const event = { lastTimestamp: null, eventTime: '2026-01-01T00:03:00.123456Z' };
  assert.equal(momentOf([pod, event])?.toISOString(), '2026-01-01T00:04:00.123Z');
});

test('a deletion counts from when it was asked for, not from the end of its grace period', () => {
  const metadata = { deletionTimestamp: '2026-01-01T00:10:00Z', deletionGracePeriodSeconds: 300 };
  assert.equal(momentOf([{ metadata }])?.toISOString(), '2026-01-01T00:06:00.000Z');
});

test('times that a kubelet does not know are no times, and without any there is no moment', () => {
  assert.equal(
    momentOf([{ startedAt: '1970-01-01T00:00:00Z', finishedAt: '0001-01-01T00:00:00Z' }]),
    undefined,
  );
  assert.equal(momentOf([]), undefined);
  assert.equal(momentOf([null, 3, 'x', { time: 'soon' }]), undefined);
});
