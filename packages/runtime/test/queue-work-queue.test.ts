import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { WorkQueue, type WorkQueueOptions } from '../src/queue/index.ts';
import { FakeClock, settle } from '../src/testing/index.ts';
import { recordingInstruments } from './recording-instruments.ts';

function newQueue(options: Partial<WorkQueueOptions<string>> = {}) {
  const clock = new FakeClock();
  const queue = new WorkQueue<string>({ name: 'test', clock, ...options });
  return { clock, queue };
}

/** Takes all that is ready, without ending the work. */
async function takeAll(queue: WorkQueue<string>): Promise<(string | undefined)[]> {
  const taken: (string | undefined)[] = [];
  while (queue.depth > 0) taken.push(await queue.get());
  return taken;
}

describe('WorkQueue', () => {
  test('hands out a key once however often it was added', async () => {
    const { queue } = newQueue();
    queue.add('a');
    queue.add('b');
    queue.add('a');
    assert.deepEqual(await takeAll(queue), ['a', 'b']);
  });

  test('holds back a key added while it is worked on until that work ends', async () => {
    const { queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a');
    assert.equal(queue.depth, 0);
    queue.done('a');
    assert.deepEqual(await takeAll(queue), ['a']);
    queue.done('a');
    assert.equal(queue.depth, 0);
  });

  test('ignores the end of work on a key that is not handed out', async () => {
    const { queue } = newQueue();
    queue.done('a');
    queue.add('a');
    queue.done('a');
    assert.equal(await queue.get(), 'a');
  });

  test('gives a key to the caller who has waited longest', async () => {
    const { queue } = newQueue();
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('b');
    assert.deepEqual(await Promise.all([first, second]), ['a', 'b']);
  });

  describe('priorities', () => {
    test('normal goes before low', async () => {
      const { queue } = newQueue();
      queue.add('low', { priority: 'low' });
      queue.add('normal');
      assert.deepEqual(await takeAll(queue), ['normal', 'low']);
    });

    test('a waiting key is lifted by an add of normal priority and never lowered', async () => {
      const { queue } = newQueue();
      queue.add('x', { priority: 'low' });
      queue.add('y', { priority: 'low' });
      queue.add('y');
      queue.add('y', { priority: 'low' });
      assert.deepEqual(await takeAll(queue), ['y', 'x']);
    });

    test('a key added while it is worked on comes back with the highest priority it was given', async () => {
      const { queue } = newQueue();
      queue.add('a');
      await queue.get();
      queue.add('a', { priority: 'low' });
      queue.add('a');
      queue.done('a');
      queue.add('b');
      assert.deepEqual(await takeAll(queue), ['a', 'b']);
    });

    test('a key of low priority that has waited gets every fourth turn, however many others come', async () => {
      const { queue, clock } = newQueue();
      queue.add('low-1', { priority: 'low' });
      queue.add('low-2', { priority: 'low' });
      await clock.advance(10_000);
      for (let number = 1; number <= 8; number++) queue.add(`n${String(number)}`);
      assert.deepEqual(await takeAll(queue), [
        'n1', 'n2', 'n3', 'low-1', 'n4', 'n5', 'n6', 'low-2', 'n7', 'n8',
      ]); // prettier-ignore
    });

    test('before it has waited that long it yields to all others', async () => {
      const { queue, clock } = newQueue();
      queue.add('low', { priority: 'low' });
      await clock.advance(9_999);
      for (let number = 1; number <= 6; number++) queue.add(`n${String(number)}`);
      assert.equal((await takeAll(queue)).at(-1), 'low');
    });
  });

  describe('delays', () => {
    test('a key is ready when its delay is over, not before', async () => {
      const { queue, clock } = newQueue();
      queue.addAfter('a', 1000);
      await clock.advance(999);
      assert.equal(queue.depth, 0);
      await clock.advance(1);
      assert.equal(queue.depth, 1);
    });

    test('the shortest of several delays counts', async () => {
      const { queue, clock } = newQueue();
      queue.addAfter('a', 1000);
      queue.addAfter('a', 500);
      queue.addAfter('a', 2000);
      await clock.advance(500);
      assert.deepEqual(await takeAll(queue), ['a']);
      queue.done('a');
      await clock.advance(5000);
      assert.equal(queue.depth, 0);
    });

    test('the highest of several priorities counts', async () => {
      const { queue, clock } = newQueue();
      queue.add('other', { priority: 'low' });
      queue.addAfter('a', 1000, { priority: 'low' });
      queue.addAfter('a', 2000);
      await clock.advance(1000);
      assert.deepEqual(await takeAll(queue), ['a', 'other']);
    });

    test('an add meanwhile does not cancel it', async () => {
      const { queue, clock } = newQueue();
      queue.addAfter('a', 1000);
      queue.add('a');
      await takeAll(queue);
      queue.done('a');
      await clock.advance(1000);
      assert.equal(queue.depth, 1);
    });

    test('a hundred thousand of them wait on one timer', () => {
      const { queue, clock } = newQueue();
      for (let number = 0; number < 100_000; number++) {
        queue.addAfter(String(number), 100_000 - number);
      }
      assert.equal(clock.pendingTimers, 1);
      assert.equal(clock.untilNextMs, 1);
    });

    test('0 and less is at once, infinity is never, and NaN is refused', () => {
      const { queue, clock } = newQueue();
      queue.addAfter('now', 0);
      queue.addAfter('never', Infinity);
      assert.equal(queue.depth, 1);
      assert.equal(clock.pendingTimers, 0);
      assert.throws(() => queue.addAfter('a', NaN), TypeError);
    });
  });

  describe('backoff', () => {
    test('doubles from 5 ms to 1000 s', async () => {
      const { queue, clock } = newQueue();
      const waits: (number | undefined)[] = [];
      for (let failure = 0; failure < 20; failure++) {
        queue.addRateLimited('a');
        waits.push(clock.untilNextMs);
        await clock.advance(clock.untilNextMs ?? 0);
        queue.done((await queue.get()) ?? '');
      }
      assert.deepEqual(waits.slice(0, 4), [5, 10, 20, 40]);
      assert.equal(waits[17], 655_360);
      assert.deepEqual(waits.slice(18), [1_000_000, 1_000_000]);
    });

    test('counts no failure before the last wait is over', async () => {
      const { queue, clock } = newQueue();
      queue.addRateLimited('a');
      await clock.advance(5);
      queue.done((await queue.get()) ?? '');
      queue.addRateLimited('a');
      for (let event = 0; event < 100; event++) {
        queue.add('a');
        queue.done((await queue.get()) ?? '');
        queue.addRateLimited('a');
      }
      assert.equal(queue.failures('a'), 2);
      assert.equal(clock.untilNextMs, 10);
    });

    test('starts anew after the key is forgotten', async () => {
      const { queue, clock } = newQueue();
      queue.addRateLimited('a');
      await clock.advance(5);
      queue.addRateLimited('a');
      await clock.advance(10);
      queue.forget('a');
      assert.equal(queue.failures('a'), 0);
      queue.addRateLimited('a');
      assert.equal(clock.untilNextMs, 5);
    });
  });

  describe('shutdown', () => {
    test('drops what waits, ends the waits of callers, and takes no more', async () => {
      const { queue, clock } = newQueue();
      const waiting = queue.get();
      queue.shutDown();
      queue.shutDown();
      assert.equal(await waiting, undefined);
      queue.add('a');
      queue.addAfter('b', 1);
      assert.equal(queue.depth, 0);
      assert.equal(await queue.get(), undefined);
      assert.equal(clock.pendingTimers, 0);
    });

    test('drops keys that are ready and delays that are pending', async () => {
      const { queue, clock } = newQueue();
      queue.add('a');
      queue.addAfter('b', 1000);
      queue.shutDown();
      assert.equal(queue.depth, 0);
      assert.equal(queue.delayed, 0);
      assert.equal(clock.pendingTimers, 0);
      await queue.drained();
    });

    test('is drained when the last work has ended', async () => {
      const { queue } = newQueue();
      queue.add('a');
      queue.add('b');
      await queue.get();
      await queue.get();
      queue.shutDown();
      let isDrained = false;
      const drained = queue.drained().then(() => (isDrained = true));
      queue.done('a');
      await settle();
      assert.equal(isDrained, false);
      queue.done('b');
      await drained;
    });
  });

  describe('cancellation', () => {
    test('a wait ends with the reason of its signal and leaves no listener behind', async () => {
      const { queue } = newQueue();
      const controller = new AbortController();
      const waiting = queue.get(controller.signal);
      assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
      controller.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
      queue.add('a');
      assert.equal(await queue.get(), 'a');
    });

    test('an answered wait leaves no listener behind', async () => {
      const { queue } = newQueue();
      const { signal } = new AbortController();
      const waiting = queue.get(signal);
      queue.add('a');
      await waiting;
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });

    test('an aborted signal is refused before anything is handed out', async () => {
      const { queue } = newQueue();
      queue.add('a');
      await assert.rejects(queue.get(AbortSignal.abort(new Error('too late'))), /too late/);
      assert.equal(queue.depth, 1);
    });
  });

  test('counts the wait of a lifted key from its first add', async () => {
    const instruments = recordingInstruments();
    const { queue, clock } = newQueue({ instruments });
    queue.add('a', { priority: 'low' });
    await clock.advance(2000);
    queue.add('a');
    await clock.advance(1000);
    await queue.get();
    assert.deepEqual(instruments.waited, [3]);
    assert.equal(instruments.added, 1);
  });

  test('reports depth, adds, waits, work and retries', async () => {
    const instruments = recordingInstruments();
    const { queue, clock } = newQueue({ instruments });
    queue.add('a');
    queue.add('a');
    queue.add('b', { priority: 'low' });
    assert.deepEqual(instruments.depths, { normal: 1, low: 1 });
    await clock.advance(2000);
    await queue.get();
    await clock.advance(3000);
    assert.equal(instruments.queueGauges?.longestRunningSeconds(), 3);
    await queue.get();
    await clock.advance(1000);
    assert.equal(instruments.queueGauges.unfinishedWorkSeconds(), 5);
    queue.addRateLimited('a');
    queue.done('a');
    assert.deepEqual(
      { added: instruments.added, retried: instruments.retried, waited: instruments.waited },
      { added: 2, retried: 1, waited: [2, 5] },
    );
    assert.deepEqual(instruments.worked, [4]);
    assert.deepEqual(instruments.depths, { normal: 0, low: 0 });
  });
});
