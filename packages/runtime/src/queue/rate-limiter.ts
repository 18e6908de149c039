/** Decides how long a failed key is kept back. One limiter belongs to one queue. */
export interface RateLimiter<K> {
  /**
   * Takes note of a failure and gives the time of the next try.
   *
   * @param nowMs the queue's monotonic time, in milliseconds
   * @returns the same kind of time; at or after `nowMs`
   */
  retryAt(key: K, nowMs: number): number;
  /** Failures counted since the key was last forgotten. */
  failures(key: K): number;
  /** Drops all that is known of the key, after a success or when the object is gone. */
  forget(key: K): void;
}

/** Bounds of an {@link ExponentialBackoff}. */
export interface ExponentialBackoffOptions {
  /** Wait after the first failure, in milliseconds; doubles with each further one. Default 5, as in client-go. */
  readonly baseDelayMs?: number;
  /** Longest wait before a retry, in milliseconds. Default 1,000,000, as in client-go. */
  readonly maxDelayMs?: number;
}

interface Failing {
  failures: number;
  retryAtMs: number;
}

/**
 * Doubles the wait of a key with each failure.
 *
 * Guarantees: a failure before the wait of the last one is over does not count and does not lengthen it. A key that
 * is changed often while it fails keeps the backoff it has earned by retries, instead of reaching the longest one within a second.
 */
export class ExponentialBackoff<K> implements RateLimiter<K> {
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  /** Invariant: holds the keys that failed and were not forgotten since. */
  readonly #failing = new Map<K, Failing>();

  /** @throws RangeError unless 0 < `baseDelayMs` <= `maxDelayMs`, both finite. */
  constructor(options: ExponentialBackoffOptions = {}) {
    this.#baseDelayMs = options.baseDelayMs ?? 5;
    this.#maxDelayMs = options.maxDelayMs ?? 1_000_000;
    if (
      !(this.#baseDelayMs > 0 && this.#baseDelayMs <= this.#maxDelayMs) ||
      !Number.isFinite(this.#maxDelayMs)
    ) {
      throw new RangeError(
        `a backoff needs 0 < baseDelayMs <= maxDelayMs, got ${this.#baseDelayMs} and ${this.#maxDelayMs}`,
      );
    }
  }

  retryAt(key: K, nowMs: number): number {
    const last = this.#failing.get(key);
    if (last !== undefined && nowMs < last.retryAtMs) return last.retryAtMs;
    const failures = (last?.failures ?? 0) + 1;
    const retryAtMs = nowMs + Math.min(this.#maxDelayMs, this.#baseDelayMs * 2 ** (failures - 1));
    this.#failing.set(key, { failures, retryAtMs });
    return retryAtMs;
  }

  failures(key: K): number {
    return this.#failing.get(key)?.failures ?? 0;
  }

  forget(key: K): void {
    this.#failing.delete(key);
  }
}
