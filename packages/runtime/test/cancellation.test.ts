import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { linkAbort } from '../src/cancellation/linked-abort.ts';
import { until } from '../src/cancellation/until.ts';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('linkAbort', () => {
  test('aborts with the reason of the first parent that does', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    using linked = linkAbort(a.signal, undefined, b.signal);
    b.abort('b');
    a.abort('a');
    assert.equal(linked.signal.reason, 'b');
    assert.equal(listenersOf(a.signal) + listenersOf(b.signal), 0);
  });

  test('is aborted from the start when a parent is', () => {
    const other = new AbortController();
    using linked = linkAbort(other.signal, AbortSignal.abort('gone'));
    assert.equal(linked.signal.reason, 'gone');
    assert.equal(listenersOf(other.signal), 0);
  });

  test('leaves no listener behind when it is disposed of', () => {
    const parent = new AbortController();
    {
      using linked = linkAbort(parent.signal);
      assert.equal(listenersOf(parent.signal), 1);
      assert.equal(linked.signal.aborted, false);
    }
    assert.equal(listenersOf(parent.signal), 0);
  });

  test('aborts on its own without touching its parents', () => {
    const parent = new AbortController();
    using linked = linkAbort(parent.signal);
    linked.abort('own');
    assert.equal(linked.signal.reason, 'own');
    assert.equal(parent.signal.aborted, false);
    assert.equal(listenersOf(parent.signal), 0);
  });
});

describe('until', () => {
  test('gives the value of the promise and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    assert.equal(await until(Promise.resolve(7), signal), 7);
    assert.equal(listenersOf(signal), 0);
  });

  test('rejects with the reason when the signal is first', async () => {
    const controller = new AbortController();
    const waiting = until(new Promise(() => undefined), controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    assert.equal(listenersOf(controller.signal), 0);
  });
});
