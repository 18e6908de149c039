import type { LeaderRecord } from './leader-record.ts';

/** Tells when a lease has run out, by the own clock: from when a renewal was first seen, never by the times of others. */
export class LeaseObserver {
  #renewal: string | undefined;
  #seenAtMs = 0;

  /** Whether the holder has let the lease run out. To be called with each record that is read. */
  isExpired(record: LeaderRecord, nowMs: number): boolean {
    if (record.renewal !== this.#renewal) {
      this.#renewal = record.renewal;
      this.#seenAtMs = nowMs;
    }
    return nowMs - this.#seenAtMs > record.leaseDurationMs;
  }
}
