import type { Clock } from '../contracts.ts';

/** Longest delay that a timer of the platform keeps, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, callback, options) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    if (options?.keepsAlive !== true) timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
