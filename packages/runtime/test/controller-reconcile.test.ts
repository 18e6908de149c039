import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import {
  done,
  requeue,
  requeueAfter,
  StuckReconcileError,
  terminal,
  TerminalError,
  type ReconcileContext,
  type Request,
  type Result,
} from '../src/controller/index.ts';
import { settle } from '../src/testing/index.ts';
import { map } from './cache-under-test.ts';
import { controllerUnderTest } from './controller-under-test.ts';

/** Reconciles that last until they are told to end, one after the other in the order in which they began. */
function heldReconciles() {
  const began: string[] = [];
  const contexts: ReconcileContext[] = [];
  const held: { readonly name: string; readonly end: (result: Result) => void }[] = [];
  return {
    began,
    contexts,
    get running(): string[] {
      return held.map(({ name }) => name);
    },
    reconcile: (request: Request, context: ReconcileContext): Promise<Result> => {
      began.push(request.name);
      contexts.push(context);
      return new Promise((resolve) => {
        held.push({ name: request.name, end: resolve });
      });
    },
    async end(name: string, result: Result = done()): Promise<void> {
      const index = held.findIndex((each) => each.name === name);
      held.splice(index, 1)[0]?.end(result);
      await settle();
    },
  };
}

describe('results', () => {
  test('done: the object comes back when it changes, and only then', async () => {
    const seen: string[] = [];
    await using env = controllerUnderTest({
      reconcile: async ({ namespace, name }) => {
        seen.push(`${namespace ?? ''}/${name}`);
        return done();
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(10_000_000);
    assert.deepEqual(seen, ['a/one']);
    env.maps.put(map('a/one', 'changed'));
    // The watch may be between two requests just now.
    await env.clock.advance(100_000);
    assert.equal(seen.length, 2);
    assert.deepEqual(env.instruments.outcomes, ['success', 'success']);
  });

  test('requeue: it comes back after a backoff that grows', async () => {
    const at: number[] = [];
    await using env = controllerUnderTest({
      reconcile: async () => {
        at.push(env.clock.monotonicMs());
        return requeue();
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(36);
    assert.deepEqual(at, [0, 5, 15, 35]);
    assert.equal(env.instruments.outcomes[0], 'requeue');
    assert.equal(env.instruments.failed, 0);
  });

  test('requeueAfter: it comes back after that time even when it failed before', async () => {
    const at: number[] = [];
    let isFailing = true;
    await using env = controllerUnderTest({
      reconcile: async () => {
        at.push(env.clock.monotonicMs());
        if (isFailing) throw new Error('not yet');
        return requeueAfter(30);
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(315);
    isFailing = false;
    at.length = 0;
    await env.clock.advance(320 + 60);
    assert.deepEqual(at, [635, 665, 695]);
    assert.equal(env.instruments.outcomes.at(-1), 'requeue_after');
  });

  test('requeueAfter: the backoff starts anew', async () => {
    const at: number[] = [];
    let fails = true;
    await using env = controllerUnderTest({
      reconcile: async () => {
        at.push(env.clock.monotonicMs());
        if (fails) throw new Error('not yet');
        return requeueAfter(1000);
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(15);
    fails = false;
    await env.clock.advance(20);
    fails = true;
    await env.clock.advance(1005);
    assert.deepEqual(at, [0, 5, 15, 35, 1035, 1040]);
  });

  test('terminal, returned or thrown: it is not retried', async () => {
    for (const fail of [
      async () => terminal(new Error('bad specification')),
      async (): Promise<Result> => {
        throw new TerminalError('bad specification');
      },
    ]) {
      let calls = 0;
      await using env = controllerUnderTest({
        reconcile: () => {
          calls++;
          return fail();
        },
      });
      env.maps.put(map('a/one'));
      await env.start();
      await env.clock.advance(10_000_000);
      assert.equal(calls, 1);
      const { outcomes, failed, failedForGood } = env.instruments;
      assert.deepEqual({ outcomes, failed, failedForGood }, { outcomes: ['error'], failed: 1, failedForGood: 1 }); // prettier-ignore
      const entry = env.log.find(({ message }) => message === 'reconcile failed for good');
      assert.match(String(entry?.['error']), /bad specification/);
    }
  });

  test('a throw: it is retried with backoff, and logged with the object and the reason', async () => {
    const at: number[] = [];
    await using env = controllerUnderTest({
      reconcile: async () => {
        at.push(env.clock.monotonicMs());
        throw new Error('no quota');
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(20);
    assert.deepEqual(at, [0, 5, 15]);
    const entry = env.log.find(({ message }) => message === 'reconcile failed, will retry');
    assert.partialDeepStrictEqual(entry, {
      level: 'error',
      namespace: 'a',
      name: 'one',
      controller: 'maps',
      failures: 1,
    });
    assert.match(String(entry?.['error']), /no quota/);
  });

  test('the backoff starts anew after a success', async () => {
    const at: number[] = [];
    let isFailing = true;
    await using env = controllerUnderTest({
      reconcile: async () => {
        at.push(env.clock.monotonicMs());
        if (isFailing) throw new Error('not yet');
        return done();
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(15);
    isFailing = false;
    await env.clock.advance(20);
    isFailing = true;
    at.length = 0;
    env.maps.put(map('a/one', 'changed'));
    await env.clock.advance(5);
    assert.deepEqual(at, [35, 40]);
  });

  test('anything else, as JavaScript allows, is an error and not a success', async () => {
    await using env = controllerUnderTest({
      reconcile: (() => Promise.resolve()) as unknown as () => Promise<Result>,
    });
    env.maps.put(map('a/one'));
    await env.start();
    assert.deepEqual(env.instruments.outcomes, ['error']);
  });

  test('a synchronous throw is an error like any other', async () => {
    await using env = controllerUnderTest({
      reconcile: () => {
        throw new Error('not even a promise');
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    assert.deepEqual(env.instruments.outcomes, ['error']);
  });

  test('a delay that is no number is refused where it is made', () => {
    assert.throws(() => requeueAfter(NaN), TypeError);
    assert.throws(() => requeueAfter(Infinity), TypeError);
    assert.deepEqual(requeueAfter(-5), { type: 'requeueAfter', delayMs: 1 });
  });
});

describe('workers', () => {
  test('work on different objects at a time, up to the concurrency', async () => {
    const held = heldReconciles();
    await using env = controllerUnderTest({ concurrency: 2, reconcile: held.reconcile });
    for (const name of ['one', 'two', 'three']) env.maps.put(map(`a/${name}`));
    await env.start();
    assert.deepEqual(held.running, ['one', 'two']);
    await held.end('one');
    assert.deepEqual(held.running, ['two', 'three']);
    assert.equal(Math.max(...env.instruments.activeWorkers), 2);
    assert.equal(env.instruments.maxConcurrent, 2);
    await held.end('two');
    await held.end('three');
    assert.equal(env.instruments.activeWorkers.at(-1), 0);
  });

  test('never work on one object at the same time', async () => {
    const held = heldReconciles();
    await using env = controllerUnderTest({ concurrency: 4, reconcile: held.reconcile });
    env.maps.put(map('a/one'));
    await env.start();
    env.maps.put(map('a/one', 'changed'));
    env.maps.put(map('a/one', 'changed again'));
    await settle();
    assert.deepEqual(held.running, ['one']);
    await held.end('one');
    assert.deepEqual(held.began, ['one', 'one']);
    await held.end('one');
  });

  test('take what changed before what was merely there at the start', async () => {
    const held = heldReconciles();
    await using env = controllerUnderTest({ reconcile: held.reconcile });
    for (const name of ['one', 'two', 'three']) env.maps.put(map(`a/${name}`));
    await env.start();
    env.maps.put(map('a/three', 'changed'));
    await settle();
    await held.end('one');
    assert.deepEqual(held.began, ['one', 'three']);
    await held.end('three');
    await held.end('two');
  });

  test('begin only when all informers are synced', async () => {
    const seen: string[] = [];
    const env = controllerUnderTest({
      owns: [],
      reconcile: async ({ name }) => {
        seen.push(name);
        return done();
      },
    });
    env.maps.put(map('a/one'));
    env.maps.put(map('a/two'));
    env.maps.beforeItem = (index) => (index === 1 ? new Error('reset') : undefined);
    await env.start();
    assert.deepEqual(seen, []);
    env.maps.beforeItem = () => undefined;
    await env.clock.advance(1600);
    assert.deepEqual(seen, ['one', 'two']);
    await env[Symbol.asyncDispose]();
  });
});

describe('the time limit', () => {
  test('aborts the signal with its own error, and the object is retried', async () => {
    let calls = 0;
    await using env = controllerUnderTest({
      reconcileTimeoutMs: 1000,
      reconcile: (_request, { signal }) => {
        calls++;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('gave up')), { once: true });
        });
      },
    });
    env.maps.put(map('a/one'));
    await env.start();
    await env.clock.advance(1000);
    assert.equal(env.instruments.timedOut, 1);
    const entry = env.log.find(({ message }) => message === 'reconcile failed, will retry');
    assert.match(
      String(entry?.['error']),
      /ReconcileTimeoutError: the reconcile took longer than 1000 ms/,
    );
    await env.clock.advance(5);
    assert.equal(calls, 2);
  });

  test('leaves no timer behind when the reconcile is in time', async () => {
    await using env = controllerUnderTest({
      reconcileTimeoutMs: 1000,
      reconcile: async () => done(),
    });
    env.maps.put(map('a/one'));
    await env.start();
    // What remains is the watch, which listens for silence.
    assert.equal(env.clock.pendingTimers, 1);
  });
});

describe('the stop', () => {
  test('lets running reconciles end in their own time, and begins no more', async () => {
    const held = heldReconciles();
    await using env = controllerUnderTest({ reconcile: held.reconcile });
    env.maps.put(map('a/one'));
    env.maps.put(map('a/two'));
    await env.start();
    env.stop.abort(new Error('SIGTERM'));
    env.maps.put(map('a/three'));
    await settle();
    assert.equal(held.contexts[0]?.signal.aborted, false);
    await held.end('one');
    await env.ended;
    assert.deepEqual(held.began, ['one']);
  });

  test('aborts them when the time for it is over; that is no failure', async () => {
    await using env = controllerUnderTest({
      reconcile: (_request, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
    });
    env.maps.put(map('a/one'));
    await env.start();
    env.stop.abort(new Error('SIGTERM'));
    await settle();
    env.work.abort(new Error('the grace time is over'));
    await env.ended;
    assert.deepEqual(env.instruments.outcomes, []);
    const entry = env.log.find(({ message }) => message === 'reconcile aborted');
    assert.match(String(entry?.['reason']), /the grace time is over/);
  });

  test('gives up on reconciles that ignore their signal, and names them', async () => {
    const held = heldReconciles();
    await using env = controllerUnderTest({ reconcile: held.reconcile, abandonAfterMs: 5000 });
    env.maps.put(map('a/one'));
    await env.start();
    env.stop.abort(new Error('SIGTERM'));
    env.work.abort(new Error('the lease is lost'));
    const ended = env.ended.catch((error: unknown) => error);
    await env.clock.advance(5000);
    const error = await ended;
    assert.ok(error instanceof StuckReconcileError);
    assert.deepEqual(error.keys, ['a/one']);
  });

  test('comes while the first picture is awaited', async () => {
    await using env = controllerUnderTest({ reconcile: async () => done() });
    env.maps.isMute = true;
    await env.start();
    env.stop.abort(new Error('SIGTERM'));
    await env.ended;
  });

  test('is heeded when it came before the start', async () => {
    await using env = controllerUnderTest({ reconcile: () => assert.fail() });
    env.maps.put(map('a/one'));
    env.stop.abort(new Error('SIGTERM'));
    await env.start();
    await env.ended;
  });

  test('leaves no listener behind on any signal', async () => {
    const env = controllerUnderTest({
      concurrency: 3,
      reconcileTimeoutMs: 1000,
      resyncMs: 60_000,
      reconcile: async () => {
        throw new Error('fails');
      },
    });
    for (const name of ['one', 'two', 'three']) env.maps.put(map(`a/${name}`));
    await env.start();
    await env.clock.advance(100);
    assert.equal(getEventListeners(env.work.signal, 'abort').length, 1);
    env.stop.abort(new Error('SIGTERM'));
    await env.ended;
    for (const signal of [env.stop.signal, env.work.signal]) {
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    }
    await env[Symbol.asyncDispose]();
    assert.equal(env.clock.pendingTimers, 0);
  });
});

test('a resync looks at every object again, without an event', async () => {
  const seen: string[] = [];
  await using env = controllerUnderTest({
    resyncMs: 60_000,
    reconcile: async ({ name }) => {
      seen.push(name);
      return done();
    },
  });
  env.maps.put(map('a/one'));
  env.maps.put(map('a/two'));
  await env.start();
  await env.clock.advance(120_000);
  assert.deepEqual(seen, ['one', 'two', 'one', 'two', 'one', 'two']);
});
