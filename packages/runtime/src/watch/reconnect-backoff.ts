/** The bounds between which the wait before a new try is drawn at random. */
export interface WaitRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Shortest wait before a list or watch is tried again, in milliseconds, as in client-go. */
const shortestWaitMs = 800;
/** Longest wait, as in client-go. */
const longestWaitMs = 30_000;
/** A server may ask for a longer wait, up to this; more would be a fault or malice. */
const longestAskedWaitMs = 300_000;

/**
 * The wait before try number `attempts` + 1: 0.8–1.6 s, then doubling, up to 15–30 s.
 * Random within the range, so that clients cut off together do not come back together.
 *
 * @param attempts tries that have failed so far; 0 for the first wait
 * @param retryAfterSeconds what the server asks for, if it did; a longer range replaces a shorter one
 */
export function reconnectWait(attempts: number, retryAfterSeconds?: number): WaitRange {
  const toMs = Math.min(longestWaitMs, 2 * shortestWaitMs * 2 ** Math.max(0, attempts));
  const askedMs = Math.min(longestAskedWaitMs, Math.max(0, (retryAfterSeconds ?? 0) * 1000));
  return { fromMs: Math.max(toMs / 2, askedMs), toMs: Math.max(toMs, askedMs * 1.25) };
}
