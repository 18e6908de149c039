import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackOffTable, formatDuration } from '../src/kubelet/restart/back-off.ts';

const settings = { initialMs: 10_000, maxMs: 300_000, resetMs: 600_000 };

test('lets a key that was never raised go at once', () => {
  const table = new BackOffTable(settings);
  assert.equal(table.waitUntil('a', 0, 1), undefined);
  assert.equal(table.delayOf('a'), 0);
});

test('doubles the wait from the end of each life up to the longest', () => {
  const table = new BackOffTable(settings);
  const waits: number[] = [];
  let now = 0;
  for (let life = 0; life < 7; life += 1) {
    table.raise('a', now, now);
    const until = table.waitUntil('a', now, now) ?? now;
    waits.push(until - now);
    now = until;
  }
  assert.deepEqual(waits, [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

test('is over at the very millisecond', () => {
  const table = new BackOffTable(settings);
  table.raise('a', 0, 0);
  assert.equal(table.waitUntil('a', 0, 9_999), 10_000);
  assert.equal(table.waitUntil('a', 0, 10_000), undefined);
});

test('starts over after a life that lasted long enough', () => {
  const table = new BackOffTable(settings);
  table.raise('a', 0, 0);
  table.raise('a', 10_000, 10_000);
  assert.equal(table.waitUntil('a', 610_001, 610_001), undefined);
  table.raise('a', 610_001, 610_001);
  assert.equal(table.delayOf('a'), 10_000);
});

test('forgets the keys of a pod and no others', () => {
  const table = new BackOffTable(settings);
  table.raise('uid-1_app', 0, 0);
  table.raise('uid-2_app', 0, 0);
  table.forget('uid-1');
  assert.equal(table.delayOf('uid-1_app'), 0);
  assert.equal(table.delayOf('uid-2_app'), 10_000);
});

test('writes durations like Kubernetes does', () => {
  const shown = [0, 300, 1500, 10_000, 80_000, 160_000, 300_000, 3_600_000].map(formatDuration);
  assert.deepEqual(shown, ['0s', '300ms', '1.5s', '10s', '1m20s', '2m40s', '5m0s', '1h0m0s']);
});
