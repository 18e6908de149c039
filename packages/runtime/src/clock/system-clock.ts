import type { Clock, Timer } from './clock.ts';
import { TimerHeap } from './timer-heap.ts';
import { waitOn } from './wait.ts';

/** Longest delay `setTimeout` takes, in milliseconds; longer waits are cut into pieces. */
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * The machine's time. All delays share one heap and one timer of the event loop, so a million of them cost no more
 * than memory. A pending delay keeps the process alive.
 */
export class SystemClock implements Clock {
  readonly #timers = new TimerHeap();
  #handle: NodeJS.Timeout | undefined;
  /** When `#handle` fires. Invariant: at or before the earliest delay, Infinity when there is no handle. */
  #armedForMs = Infinity;

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new TypeError('delayMs must be a number, got NaN');
    if (delayMs === Infinity) return { [Symbol.dispose]: () => undefined };
    const entry = this.#timers.insert(this.monotonicMs() + Math.max(0, delayMs), callback);
    this.#arm();
    return {
      [Symbol.dispose]: () => {
        if (this.#timers.remove(entry) && this.#timers.size === 0) this.#disarm();
      },
    };
  }

  after(delayMs: number, signal?: AbortSignal): Promise<void> {
    return waitOn(this, delayMs, signal);
  }

  #arm(): void {
    const earliestMs = this.#timers.earliest();
    if (earliestMs === undefined || earliestMs >= this.#armedForMs) return;
    clearTimeout(this.#handle);
    this.#armedForMs = earliestMs;
    // Rounded up: `setTimeout` cuts fractions off and would fire before the delay is over.
    const waitMs = Math.min(longestTimeoutMs, Math.ceil(earliestMs - this.monotonicMs()));
    this.#handle = setTimeout(
      () => {
        this.#run();
      },
      Math.max(0, waitMs),
    );
  }

  #disarm(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#armedForMs = Infinity;
  }

  #run(): void {
    this.#disarm();
    const nowMs = this.monotonicMs();
    try {
      for (;;) {
        const callback = this.#timers.takeDue(nowMs);
        if (callback === undefined) break;
        callback();
      }
    } finally {
      // Also when a callback threw: the others must not be lost with it.
      this.#arm();
    }
  }
}
