import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventRecorder, EventSink, SpamFilter } from '../src/events/index.ts';
import type { EventInput, EventSinkOptions } from '../src/events/index.ts';
import { silentLogger } from '../src/logging/index.ts';
import { FakeClock, settle } from '../src/testing/fake-clock.ts';
import { EventsInMemory } from './events-in-memory.ts';
import { failure } from './status-failure.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', uid: 'uid-1', resourceVersion: '5' },
};
const restarted: EventInput = { type: 'Warning', reason: 'PodRestarted', note: 'it restarted' };

interface Setup extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly events: EventsInMemory;
  readonly recorder: EventRecorder;
  readonly outcomes: string[];
  /** Ends the sink, and waits until it has. */
  readonly stop: () => Promise<void>;
}

function setUp(options: Partial<EventSinkOptions> = {}): Setup {
  const clock = new FakeClock();
  const events = new EventsInMemory();
  const outcomes: string[] = [];
  const onOutcome = (outcome: string): void => void outcomes.push(outcome);
  const sink = new EventSink({
    client: events.client,
    clock,
    onOutcome,
    random: () => 1,
    ...options,
  });
  const recorder = new EventRecorder({
    reporter: { controller: 'shop-operator', instance: 'host_1' },
    sink,
    client: events.client,
    clock,
    logger: silentLogger,
    onOutcome,
  });
  const controller = new AbortController();
  const ended = sink.start(controller.signal);
  const stop = async (): Promise<void> => {
    controller.abort(new Error('stop'));
    await ended;
  };
  return { clock, events, recorder, outcomes, stop, [Symbol.asyncDispose]: stop };
}

test('writes an Event with all that events.k8s.io/v1 asks for', async () => {
  await using setup = setUp();
  setup.recorder.event(pod, {
    ...restarted,
    action: 'Diagnose',
    fieldPath: 'spec.containers{app}',
    related: { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web' } },
  });
  await settle();

  const [event] = setup.events.all;
  assert.match(event?.metadata.name ?? '', /^web-1\.[0-9a-f]{16}$/);
  assert.deepEqual(
    { ...event, metadata: { ...event?.metadata, name: 'web-1.x' } },
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'web-1.x', namespace: 'shop' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      type: 'Warning',
      reason: 'PodRestarted',
      action: 'Diagnose',
      note: 'it restarted',
      reportingController: 'shop-operator',
      reportingInstance: 'host_1',
      regarding: {
        apiVersion: 'v1',
        kind: 'Pod',
        name: 'web-1',
        namespace: 'shop',
        uid: 'uid-1',
        resourceVersion: '5',
        fieldPath: 'spec.containers{app}',
      },
      related: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' },
    },
  );
});

test('counts identical Events in one series: the first repetition at once, the others every 30 s', async () => {
  await using setup = setUp();
  const { recorder, events, clock } = setup;
  recorder.event(pod, restarted);
  await settle();
  await clock.advance(1000);
  recorder.event(pod, restarted);
  await settle();
  assert.deepEqual(events.all[0]?.series, {
    count: 2,
    lastObservedTime: '2026-01-01T00:00:01.000000Z',
  });

  for (let again = 0; again < 5; again += 1) {
    await clock.advance(1000);
    recorder.event({ ...pod, metadata: { ...pod.metadata, resourceVersion: '9' } }, restarted);
  }
  await settle();
  assert.equal(events.all[0].series.count, 2);
  await clock.advance(30_000);
  assert.deepEqual(events.all[0].series, {
    count: 7,
    lastObservedTime: '2026-01-01T00:00:06.000000Z',
  });
  assert.deepEqual(events.requests, ['create', 'patch', 'patch']);
});

test('repetitions before the first Event was written go out with it', async () => {
  await using setup = setUp();
  const { recorder, events } = setup;
  for (let again = 0; again < 4; again += 1) recorder.event(pod, restarted);
  await settle();
  assert.equal(events.all.length, 1);
  assert.equal(events.all[0]?.series?.count, 4);
  assert.deepEqual(events.requests, ['create']);
});

test('an Event that says something else is another Event', async () => {
  await using setup = setUp();
  setup.recorder.event(pod, restarted);
  setup.recorder.event(pod, { ...restarted, note: 'it restarted again' });
  setup.recorder.event({ ...pod, metadata: { ...pod.metadata, uid: 'uid-2' } }, restarted);
  await settle();
  assert.equal(setup.events.all.length, 3);
  assert.equal(
    setup.events.all.some((event) => event.series !== undefined),
    false,
  );
});

test('a repetition after 6 minutes is a new Event', async () => {
  await using setup = setUp();
  setup.recorder.event(pod, restarted);
  await settle();
  await setup.clock.advance(6 * 60_000);
  setup.recorder.event(pod, restarted);
  await settle();
  assert.equal(setup.events.all.length, 2);
});

test('a series whose Event the server forgot begins anew', async () => {
  await using setup = setUp();
  const { recorder, events } = setup;
  recorder.event(pod, restarted);
  await settle();
  events.byName.clear();
  recorder.event(pod, restarted);
  await settle();
  assert.equal(events.all.length, 1);
  assert.equal(events.all[0]?.series, undefined);
});

test('writes the open count of a series before it ends', async () => {
  const { recorder, events, stop } = setUp();
  recorder.event(pod, restarted);
  await settle();
  recorder.event(pod, restarted);
  await settle();
  recorder.event(pod, restarted);
  await stop();
  assert.equal(events.all[0]?.series?.count, 3);
});

test('lets through 25 Events about one object, then one every 5 minutes', async () => {
  await using setup = setUp();
  const { recorder, events, outcomes, clock } = setup;
  for (let index = 0; index < 40; index += 1) {
    recorder.event(pod, { ...restarted, note: `number ${String(index)}` });
  }
  recorder.event({ ...pod, metadata: { ...pod.metadata, name: 'web-2', uid: 'u2' } }, restarted);
  await settle();
  assert.equal(events.all.length, 26);
  assert.equal(outcomes.filter((outcome) => outcome === 'spam').length, 15);
  await clock.advance(300_000);
  recorder.event(pod, { ...restarted, note: 'later' });
  recorder.event(pod, { ...restarted, note: 'still later' });
  await settle();
  assert.equal(events.all.length, 27);
});

test('the spam filter forgets the object that was quiet longest', () => {
  const filter = new SpamFilter({ burst: 1, maxObjects: 2 });
  assert.deepEqual(
    ['a', 'b', 'a', 'c', 'b'].map((object) => filter.take(object, 0)),
    [true, true, false, true, true],
  );
  assert.equal(filter.size, 2);
});

test('the spam filter never holds more than the burst', () => {
  const filter = new SpamFilter({ burst: 2, refillMs: 10 });
  filter.take('a', 0);
  assert.deepEqual(
    [1000, 1000, 1000, 1010].map((nowMs) => filter.take('a', nowMs)),
    [true, true, false, true],
  );
});

test('retries with growing pauses while there is no answer, and does not write twice', async () => {
  await using setup = setUp();
  const { recorder, events, clock } = setup;
  let fails = 3;
  events.after = () => {
    if (fails > 0) {
      fails -= 1;
      throw new Error('connection reset');
    }
  };
  recorder.event(pod, restarted);
  await settle();
  await clock.advance(500 + 1000 + 2000);
  assert.equal(events.all.length, 1);
  // The first went through unanswered; the second found it there.
  assert.deepEqual(events.requests, ['create', 'create']);
});

test('waits as long as the server asks', async () => {
  await using setup = setUp();
  const { recorder, events, clock } = setup;
  let isBusy = true;
  events.before = () => {
    if (isBusy) throw failure(429, 'TooManyRequests', 60);
  };
  recorder.event(pod, restarted);
  await settle();
  isBusy = false;
  await clock.advance(59_000);
  assert.equal(events.all.length, 0);
  await clock.advance(1000);
  assert.equal(events.all.length, 1);
});

test('gives up an Event after so many tries, and goes on with the next', async () => {
  await using setup = setUp({ maxAttempts: 2, concurrency: 1 });
  const { recorder, events, outcomes, clock } = setup;
  events.before = () => {
    throw failure(500, 'InternalError');
  };
  recorder.event(pod, restarted);
  await settle();
  await clock.advance(500);
  assert.deepEqual(outcomes, ['gave-up']);
  events.before = () => undefined;
  recorder.event(pod, restarted);
  await settle();
  assert.equal(events.all.length, 1);
});

test('does not retry what is forbidden or invalid', async () => {
  for (const [code, reason] of [
    [403, 'Forbidden'],
    [422, 'Invalid'],
    [404, 'NotFound'],
  ] as const) {
    await using setup = setUp();
    setup.events.before = () => {
      throw failure(code, reason);
    };
    setup.recorder.event(pod, restarted);
    await settle();
    assert.deepEqual(setup.outcomes, ['refused']);
    assert.equal(setup.clock.pendingTimers, 0);
  }
});

test('drops what does not fit into the queue, and says so', async () => {
  await using setup = setUp({ maxQueued: 3, concurrency: 1 });
  const { recorder, events, outcomes } = setup;
  const gate = Promise.withResolvers<undefined>();
  events.before = async () => {
    await gate.promise;
  };
  recorder.event(pod, { ...restarted, note: 'in flight' });
  await settle();
  for (let index = 0; index < 5; index += 1) {
    recorder.event(pod, { ...restarted, note: String(index) });
  }
  gate.resolve(undefined);
  await settle();
  assert.equal(events.all.length, 4);
  assert.equal(outcomes.filter((outcome) => outcome === 'queue-full').length, 2);
});

test('ends within the flush time although the server hangs', async () => {
  const { recorder, events, stop, clock, outcomes } = setUp({ flushMs: 5000 });
  events.before = async (_verb, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  for (let index = 0; index < 6; index += 1) {
    recorder.event(pod, { ...restarted, note: String(index) });
  }
  await settle();
  const stopped = stop();
  await settle();
  await clock.advance(5000);
  await stopped;
  assert.equal(clock.pendingTimers, 0);
  assert.deepEqual(outcomes, ['gave-up', 'gave-up', 'gave-up', 'gave-up']);
});

test('an Event with a key is written once, whatever process records it', async () => {
  await using first = setUp();
  const fact = { ...restarted, idempotencyKey: 'uid-1/app/3' };
  assert.equal(await first.recorder.ensure(pod, fact), 'created');
  assert.equal(await first.recorder.ensure(pod, fact), 'exists');
  first.recorder.event(pod, fact);
  await settle();
  assert.equal(first.events.all.length, 1);
  assert.match(first.events.all[0]?.metadata.name ?? '', /^web-1\.[0-9a-f]{16}$/);

  await using second = setUp();
  await second.recorder.ensure(pod, fact);
  await second.recorder.ensure(pod, { ...fact, idempotencyKey: 'uid-1/app/4' });
  assert.equal(second.events.all[0]?.metadata.name, first.events.all[0]?.metadata.name);
  assert.equal(second.events.all.length, 2);
});

test('ensuring an Event rejects when the server refuses it', async () => {
  await using setup = setUp();
  setup.events.before = () => {
    throw failure(403, 'Forbidden');
  };
  await assert.rejects(setup.recorder.ensure(pod, { ...restarted, idempotencyKey: 'x' }), {
    reason: 'Forbidden',
  });
});

test('never throws, not even about an object without a name', async () => {
  await using setup = setUp();
  setup.recorder.event({ metadata: {} }, restarted);
  assert.deepEqual(setup.outcomes, ['invalid']);
});

test('cuts what is too long for the server', async () => {
  await using setup = setUp();
  setup.recorder.event(pod, {
    type: 'Normal',
    reason: 'R'.repeat(300),
    note: 'ü'.repeat(2000),
  });
  await settle();
  const [event] = setup.events.all;
  assert.equal(Buffer.byteLength(event?.reason ?? ''), 128);
  assert.equal(event?.note, `${'ü'.repeat(510)}…`);
});

test('puts Events about cluster-scoped objects into the namespace default', async () => {
  await using setup = setUp();
  setup.recorder.event(
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', uid: 'n1' } },
    restarted,
  );
  await settle();
  assert.equal(setup.events.all[0]?.metadata.namespace, 'default');
});
