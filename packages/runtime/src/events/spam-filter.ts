/** How many Events one object may have. */
export interface SpamFilterOptions {
  /** Events at once. Default 25, as in client-go. */
  readonly burst?: number;
  /** One more Event after so many milliseconds. Default 300,000, as in client-go. */
  readonly refillMs?: number;
  /** Objects that are remembered; the one that was quiet longest is forgotten first. Default 4096, as in client-go. */
  readonly maxObjects?: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** One token bucket for each object that Events are about, so that a failing object cannot flood the server. */
export class SpamFilter {
  readonly #burst: number;
  readonly #refillMs: number;
  readonly #maxObjects: number;
  // Ordered by last use, so that the first is the one to forget.
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: SpamFilterOptions = {}) {
    this.#burst = options.burst ?? 25;
    this.#refillMs = options.refillMs ?? 300_000;
    this.#maxObjects = options.maxObjects ?? 4096;
  }

  /** Objects that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of this object; false when there is none. */
  take(object: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(object) ?? { tokens: this.#burst, filledAtMs: nowMs };
    const earned = Math.floor((nowMs - bucket.filledAtMs) / this.#refillMs);
    if (bucket.tokens + earned >= this.#burst) {
      bucket.tokens = this.#burst;
      bucket.filledAtMs = nowMs;
    } else if (earned > 0) {
      bucket.tokens += earned;
      bucket.filledAtMs += earned * this.#refillMs;
    }
    const allowed = bucket.tokens > 0;
    if (allowed) bucket.tokens -= 1;
    this.#buckets.delete(object);
    this.#buckets.set(object, bucket);
    if (this.#buckets.size > this.#maxObjects) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return allowed;
  }
}
