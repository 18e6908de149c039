import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { QueuePriority } from '../src/metrics/instruments.ts';
import { WorkQueue } from '../src/queue/index.ts';
import { FakeClock } from '../src/testing/index.ts';

/** The queue as one would write it if time and memory were no matter: plain lists, searched from end to end. */
class NaiveQueue {
  nowMs = 0;
  readonly ready: { key: string; priority: QueuePriority; addedMs: number }[] = [];
  readonly working = new Map<string, { priority: QueuePriority; addedMs: number } | undefined>();
  delayed: { key: string; dueMs: number; priority: QueuePriority; turn: number }[] = [];
  readonly failing = new Map<string, { count: number; untilMs: number }>();
  normalTurns = 0;
  turns = 0;

  add(key: string, priority: QueuePriority, addedMs = this.nowMs): void {
    if (this.working.has(key)) {
      const again = this.working.get(key);
      const highest = priority === 'normal' ? 'normal' : (again?.priority ?? 'low');
      this.working.set(key, { priority: highest, addedMs: again?.addedMs ?? addedMs });
      return;
    }
    const index = this.ready.findIndex((entry) => entry.key === key);
    const entry = this.ready[index];
    if (entry === undefined) {
      this.ready.push({ key, priority, addedMs });
    } else if (entry.priority === 'low' && priority === 'normal') {
      this.ready.splice(index, 1);
      this.ready.push({ key, priority, addedMs: entry.addedMs });
    }
  }

  addAfter(key: string, delayMs: number): void {
    const dueMs = this.nowMs + delayMs;
    const entry = this.delayed.find((each) => each.key === key);
    if (entry === undefined) {
      this.delayed.push({ key, dueMs, priority: 'normal', turn: this.turns++ });
    } else if (dueMs < entry.dueMs) {
      entry.dueMs = dueMs;
      entry.turn = this.turns++;
    }
  }

  addRateLimited(key: string): void {
    const failure = this.failing.get(key) ?? { count: 0, untilMs: -1 };
    if (this.nowMs >= failure.untilMs) {
      failure.count++;
      failure.untilMs = this.nowMs + Math.min(1_000_000, 5 * 2 ** (failure.count - 1));
      this.failing.set(key, failure);
    }
    this.addAfter(key, failure.untilMs - this.nowMs);
  }

  advance(byMs: number): void {
    const target = this.nowMs + byMs;
    for (;;) {
      const due = this.delayed
        .filter((entry) => entry.dueMs <= target)
        .sort((a, b) => a.dueMs - b.dueMs || a.turn - b.turn)[0];
      if (due === undefined) break;
      this.nowMs = Math.max(this.nowMs, due.dueMs);
      this.delayed = this.delayed.filter((entry) => entry !== due);
      this.add(due.key, due.priority);
    }
    this.nowMs = target;
  }

  take(): string | undefined {
    const normal = this.ready.find((entry) => entry.priority === 'normal');
    const low = this.ready.find((entry) => entry.priority === 'low');
    const isAged = low !== undefined && this.nowMs - low.addedMs >= 10_000;
    const taken = normal === undefined || (isAged && this.normalTurns >= 3) ? low : normal;
    if (taken === undefined) return undefined;
    this.normalTurns = taken.priority === 'low' ? 0 : this.normalTurns + 1;
    this.ready.splice(this.ready.indexOf(taken), 1);
    this.working.set(taken.key, undefined);
    return taken.key;
  }

  done(key: string): void {
    if (!this.working.has(key)) return;
    const again = this.working.get(key);
    this.working.delete(key);
    if (again !== undefined) this.add(key, again.priority, again.addedMs);
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const priority = fc.constantFrom<QueuePriority>('normal', 'low');
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('add'), key, priority }) },
  fc.record({ type: fc.constant('addAfter'), key, delayMs: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({ type: fc.constant('addRateLimited'), key }),
  fc.record({ type: fc.constant('forget'), key }),
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take') }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('done'), key }) },
  fc.record({ type: fc.constant('advance'), byMs: fc.integer({ min: 0, max: 15_000 }) }),
);

test('the queue does what a naive one does, whatever is asked of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
      const clock = new FakeClock();
      const queue = new WorkQueue<string>({ name: 'model', clock });
      const model = new NaiveQueue();
      for (const each of commands) {
        switch (each.type) {
          case 'add':
            if (!('priority' in each)) break;
            queue.add(each.key, { priority: each.priority });
            model.add(each.key, each.priority);
            break;
          case 'addAfter':
            if (!('delayMs' in each)) break;
            queue.addAfter(each.key, each.delayMs);
            model.addAfter(each.key, each.delayMs);
            break;
          case 'addRateLimited':
            if (!('key' in each)) break;
            queue.addRateLimited(each.key);
            model.addRateLimited(each.key);
            break;
          case 'forget':
            if (!('key' in each)) break;
            queue.forget(each.key);
            model.failing.delete(each.key);
            break;
          case 'take':
            if (model.ready.length > 0) assert.equal(await queue.get(), model.take());
            break;
          case 'done':
            if (!('key' in each)) break;
            queue.done(each.key);
            model.done(each.key);
            break;
          case 'advance':
            if (!('byMs' in each)) break;
            await clock.advance(each.byMs);
            model.advance(each.byMs);
            break;
          default:
        }
        assert.deepEqual(
          { depth: queue.depth, delayed: queue.delayed, working: queue.workingKeys().sort() },
          {
            depth: model.ready.length,
            delayed: model.delayed.length,
            working: [...model.working.keys()].sort(),
          },
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('two hundred thousand keys pass through in the order in which they came', async () => {
  const queue = new WorkQueue<number>({ name: 'many', clock: new FakeClock() });
  for (let number = 0; number < 200_000; number++) queue.add(number);
  for (let number = 0; number < 200_000; number++) {
    const taken = await queue.get();
    if (taken !== number) assert.fail(`expected ${String(number)}, got ${String(taken)}`);
    queue.done(number);
  }
  assert.equal(queue.depth, 0);
});
