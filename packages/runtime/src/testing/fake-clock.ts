import type { Clock, Timer } from '../clock/clock.ts';
import { TimerHeap } from '../clock/timer-heap.ts';
import { waitOn } from '../clock/wait.ts';

/** A clock that stands still until a test moves it. Wall-clock time starts at 2026-01-01T00:00:00Z. */
export class FakeClock implements Clock {
  readonly #timers = new TimerHeap();
  #elapsedMs = 0;
  readonly #startMs: number;

  constructor(options: { readonly startMs?: number } = {}) {
    this.#startMs = options.startMs ?? Date.UTC(2026, 0, 1);
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new TypeError('delayMs must be a number, got NaN');
    if (delayMs === Infinity) return { [Symbol.dispose]: () => undefined };
    const entry = this.#timers.insert(this.#elapsedMs + Math.max(0, delayMs), callback);
    return { [Symbol.dispose]: () => void this.#timers.remove(entry) };
  }

  after(delayMs: number, signal?: AbortSignal): Promise<void> {
    return waitOn(this, delayMs, signal);
  }

  /** Delays that are pending. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the earliest pending delay is over; undefined when nothing waits. */
  get untilNextMs(): number | undefined {
    const earliest = this.#timers.earliest();
    return earliest === undefined ? undefined : earliest - this.#elapsedMs;
  }

  /**
   * Moves time forward and runs what becomes due, in order, each callback at its own time. Promises settle before, so that
   * what is about to wait counts from now, and after each callback.
   */
  async advance(byMs: number): Promise<void> {
    await settle();
    const target = this.#elapsedMs + byMs;
    for (;;) {
      const earliest = this.#timers.earliest();
      if (earliest === undefined || earliest > target) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, earliest);
      this.#timers.takeDue(this.#elapsedMs)?.();
      await settle();
    }
    this.#elapsedMs = target;
    await settle();
  }
}

/** Lets every promise that can settle without the passing of time do so. */
export async function settle(): Promise<void> {
  // One turn of the event loop runs all microtasks before it; a second one covers work put off by setImmediate itself.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
