import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf } from '../src/index.ts';

const later = new Date('2026-06-01T00:00:00Z');
const moment = (...objects: readonly unknown[]): string | undefined =>
  momentOf(objects, later)?.now.toISOString();

test('an old file was written soon after the newest time in it', () => {
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
  assert.equal(moment(pod), '2026-01-01T00:03:15.000Z');
  const event = { lastTimestamp: null, eventTime: '2026-01-01T00:03:00.123456Z' };
  assert.equal(moment(pod, event), '2026-01-01T00:04:15.123Z');
});

test('a file with something of the last hour is of now', () => {
  assert.equal(moment({ startTime: '2026-05-31T23:00:00Z' }), later.toISOString());
  assert.equal(moment({ startTime: '2026-05-31T22:59:59Z' }), '2026-05-31T23:01:14.000Z');
});

test('what is being deleted was seen within its grace period, unless something is later', () => {
  const metadata = {
    deletionTimestamp: '2026-01-01T00:10:00Z',
    deletionGracePeriodSeconds: 30,
  };
  assert.equal(moment({ metadata }), '2026-01-01T00:10:00.000Z');
  assert.equal(
    moment({ metadata: { ...metadata, deletionGracePeriodSeconds: 300 } }),
    '2026-01-01T00:06:15.000Z',
  );
  assert.equal(
    moment({ metadata }, { lastTimestamp: '2026-01-01T00:20:00Z' }),
    '2026-01-01T00:21:15.000Z',
  );
});

test('times that a kubelet does not know are no times, and without any there is no moment', () => {
  const unknown = { startedAt: '1970-01-01T00:00:00Z', finishedAt: '0001-01-01T00:00:00Z' };
  assert.equal(moment(unknown), undefined);
  assert.equal(moment(), undefined);
  assert.equal(moment(null, 3, 'x', { time: 'soon' }), undefined);
});

test('an old file was written no earlier than the newest time in it, and one of now is of now', () => {
  const earliest = (...objects: readonly unknown[]): string | undefined =>
    momentOf(objects, later)?.earliest?.toISOString();
  assert.equal(earliest({ startTime: '2026-01-01T00:00:00Z' }), '2026-01-01T00:00:00.000Z');
  assert.equal(
    earliest({
      metadata: { deletionTimestamp: '2026-01-01T00:10:00Z', deletionGracePeriodSeconds: 30 },
    }),
    '2026-01-01T00:09:30.000Z',
  );
  assert.equal(earliest({ startTime: '2026-05-31T23:30:00Z' }), undefined);
});
