import type { Clock } from '../src/kubelet/index.ts';

interface Timer {
  readonly atMs: number;
  readonly turn: number;
  readonly fire: () => void;
}

/**
 * A clock that stands still until a test moves it, and that lets file operations finish between two moments:
 * a kubelet on it writes real logs and volumes, yet its time is the test's.
 */
export class StandingClock implements Clock {
  #nowMs: number;
  #turns = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#timers.delete(timer);
        reject(signal?.reason as Error);
      };
      const timer: Timer = {
        atMs: this.#nowMs + Math.max(delayMs, 0),
        turn: this.#turns++,
        fire: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      if (signal?.aborted === true) {
        stop();
        return;
      }
      signal?.addEventListener('abort', stop, { once: true });
      this.#timers.add(timer);
    });
  }

  /** Moves time to a moment; what becomes due on the way happens at its own time, in order. */
  async advanceTo(untilMs: number): Promise<void> {
    await settle();
    for (;;) {
      const next = [...this.#timers].sort(
        (left, right) => left.atMs - right.atMs || left.turn - right.turn,
      )[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fire();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Turns of the event loop without any file operation under way after which nothing more will happen by itself. */
const quietTurns = 4;

/** Waits until promises and file operations have come to rest. */
export async function settle(): Promise<void> {
  for (let quiet = 0; quiet < quietTurns;) {
    await new Promise((resolve) => setImmediate(resolve));
    const busy = process.getActiveResourcesInfo().some((name) => /^(FS|File|Close)/.test(name));
    quiet = busy ? 0 : quiet + 1;
  }
}
