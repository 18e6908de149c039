/** How the waits of a back-off grow; all in milliseconds. */
export interface BackOffSettings {
  /** The first wait. */
  readonly initialMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** A key that was not delayed again for this long starts over with the first wait. */
  readonly resetMs: number;
}

interface Entry {
  delayMs: number;
  /** When the delay was last raised. */
  raisedAtMs: number;
}

/**
 * Waits that double per key, as the kubelet uses them for crashed containers and for images.
 *
 * A wait counts from an event the caller names (the end of the last life of a container), while
 * forgetting counts from the last time the wait was raised. Time is given by the caller: the table is pure.
 */
export class BackOffTable {
  readonly #settings: BackOffSettings;
  /** One entry for each key that was raised and not forgotten. */
  readonly #entries = new Map<string, Entry>();

  constructor(settings: BackOffSettings) {
    this.#settings = settings;
  }

  /** The wait in force for a key, in milliseconds; 0 when it has none. */
  delayOf(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** When the wait of a key that counts from `sinceMs` is over; undefined when there is none to wait for. */
  waitUntil(key: string, sinceMs: number, nowMs: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isStale(entry, sinceMs)) return undefined;
    const until = sinceMs + entry.delayMs;
    return nowMs < until ? until : undefined;
  }

  /** When the wait of a key that counts from its last raise is over; undefined when there is none. */
  waitUntilSinceRaise(key: string, nowMs: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isStale(entry, nowMs)) return undefined;
    const until = entry.raisedAtMs + entry.delayMs;
    return nowMs < until ? until : undefined;
  }

  /** Doubles the wait of a key, or gives it the first one; `sinceMs` is the event the wait counts from. */
  raise(key: string, sinceMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isStale(entry, sinceMs)) {
      this.#entries.set(key, { delayMs: this.#settings.initialMs, raisedAtMs: nowMs });
      return;
    }
    entry.delayMs = Math.min(entry.delayMs * 2, this.#settings.maxMs);
    entry.raisedAtMs = nowMs;
  }

  /** Drops all keys that begin with a prefix (a pod that is gone). */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) {
      if (key.startsWith(prefix)) this.#entries.delete(key);
    }
  }

  #isStale(entry: Entry, atMs: number): boolean {
    return atMs - entry.raisedAtMs > this.#settings.resetMs;
  }
}

/** A duration as the kubelet prints it: `10s`, `1m20s`, `5m0s`, `1.5s`, `300ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 1000) return `${String(durationMs)}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = (durationMs % 60_000) / 1000;
  const tail = `${String(seconds)}s`;
  if (hours > 0) return `${String(hours)}h${String(minutes)}m${tail}`;
  return minutes > 0 ? `${String(minutes)}m${tail}` : tail;
}
