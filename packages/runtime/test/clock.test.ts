import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, mock, test } from 'node:test';
import fc from 'fast-check';
import { IndexedHeap, type HeapEntry } from '../src/clock/indexed-heap.ts';
import { SystemClock } from '../src/clock/system-clock.ts';
import { FakeClock } from '../src/testing/index.ts';

describe('IndexedHeap', () => {
  test('gives its entries in order, whatever was moved and removed before', () => {
    const order = fc.integer({ min: 0, max: 20 });
    const change = fc.oneof(
      fc.record({ type: fc.constant('insert' as const), order }),
      fc.record({ type: fc.constant('move' as const), at: fc.nat(), order }),
      fc.record({ type: fc.constant('remove' as const), at: fc.nat() }),
      fc.record({ type: fc.constant('take' as const) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80, size: 'max' }), (changes) => {
        const heap = new IndexedHeap<number>();
        const model: { order: number; turn: number; entry: HeapEntry<number> }[] = [];
        let turn = 0;
        const sorted = () => [...model].sort((a, b) => a.order - b.order || a.turn - b.turn);
        for (const each of changes) {
          if (each.type === 'insert') {
            const entry = heap.insert(each.order, turn);
            model.push({ order: each.order, turn: turn++, entry });
          } else if (each.type === 'take') {
            const first = sorted()[0];
            assert.equal(heap.take(), first?.entry);
            if (first !== undefined) model.splice(model.indexOf(first), 1);
          } else {
            const chosen = model[each.at % Math.max(1, model.length)];
            if (chosen === undefined) continue;
            if (each.type === 'move') {
              assert.equal(heap.move(chosen.entry, each.order), true);
              chosen.order = each.order;
              chosen.turn = turn++;
            } else {
              assert.equal(heap.remove(chosen.entry), true);
              assert.equal(heap.remove(chosen.entry), false);
              assert.equal(heap.move(chosen.entry, 1), false);
              model.splice(model.indexOf(chosen), 1);
            }
          }
          assert.equal(heap.size, model.length);
          assert.equal(heap.first(), sorted()[0]?.entry);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('stays in order when what fills the place of a removed entry belongs further up', () => {
    const heap = new IndexedHeap<number>();
    const entries = [1, 10, 2, 11, 12, 3, 4].map((order) => heap.insert(order, order));
    heap.remove(entries[3] ?? assert.fail());
    const taken: (number | undefined)[] = [];
    while (heap.size > 0) taken.push(heap.take()?.value);
    assert.deepEqual(taken, [1, 2, 3, 4, 10, 12]);
  });
});

describe('SystemClock', () => {
  test('runs many delays in order on one timer of the event loop', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let nowMs = 0;
    context.mock.method(performance, 'now', () => nowMs);
    const clock = new SystemClock();
    const ran: string[] = [];
    clock.schedule(30, () => ran.push('c'));
    clock.schedule(10, () => ran.push('a'));
    using _cancelled = clock.schedule(20, () => ran.push('cancelled'));
    clock.schedule(20, () => ran.push('b'));
    _cancelled[Symbol.dispose]();
    for (nowMs = 1; nowMs <= 30; nowMs++) context.mock.timers.tick(1);
    assert.deepEqual(ran, ['a', 'b', 'c']);
  });

  test('a callback that throws does not keep the others from running', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let nowMs = 0;
    context.mock.method(performance, 'now', () => nowMs);
    const clock = new SystemClock();
    const ran: string[] = [];
    clock.schedule(10, () => {
      throw new Error('broken');
    });
    clock.schedule(10, () => ran.push('other'));
    nowMs = 10;
    assert.throws(() => context.mock.timers.tick(10), /broken/);
    context.mock.timers.tick(1);
    assert.deepEqual(ran, ['other']);
  });

  test('waits longer than setTimeout can', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let nowMs = 0;
    context.mock.method(performance, 'now', () => nowMs);
    const clock = new SystemClock();
    const callback = mock.fn();
    const monthMs = 40 * 24 * 60 * 60 * 1000;
    const setTimer = context.mock.method(globalThis, 'setTimeout');
    clock.schedule(monthMs, callback);
    // The real one would fire at once, with a warning.
    assert.equal(setTimer.mock.calls[0]?.arguments[1], 2 ** 31 - 1);
    nowMs = 2 ** 31 - 1;
    context.mock.timers.tick(2 ** 31 - 1);
    assert.equal(callback.mock.callCount(), 0);
    const restMs = monthMs - nowMs;
    nowMs = monthMs;
    context.mock.timers.tick(restMs);
    assert.equal(callback.mock.callCount(), 1);
  });

  test('refuses NaN and never runs what waits for infinity', () => {
    const clock = new SystemClock();
    assert.throws(() => clock.schedule(NaN, () => undefined), TypeError);
    // A real timer would keep this test file from ending.
    clock.schedule(Infinity, () => assert.fail());
  });
});

describe('after', () => {
  test('ends early with the reason of the signal, and leaves neither timer nor listener behind', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const waiting = clock.after(1000, controller.signal);
    assert.equal(clock.pendingTimers, 1);
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    assert.equal(clock.pendingTimers, 0);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  test('leaves no listener behind when the time is over', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const waiting = clock.after(1000, signal);
    await clock.advance(1000);
    await waiting;
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('refuses an aborted signal at once', async () => {
    const clock = new FakeClock();
    await assert.rejects(clock.after(1000, AbortSignal.abort(new Error('too late'))), /too late/);
    assert.equal(clock.pendingTimers, 0);
  });
});
