/** How often, and after which pauses, a request is repeated whose connection failed. */
export interface ConnectionRetryOptions {
  /** Repetitions after the first attempt, 0 or more. Default 5; 0 switches them off. */
  readonly maxRetries?: number;
  /** Longest first pause, in milliseconds. It doubles each time. Default 100. */
  readonly baseDelayMs?: number;
  /** Longest pause, in milliseconds. Default 2,000. */
  readonly maxDelayMs?: number;
  /** Gives numbers from 0 (inclusive) to 1, for the jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** The pause before repetition `retry` (0 is the first), or undefined when there are no more. */
export type RetrySchedule = (retry: number) => number | undefined;

/**
 * Pauses that double up to a bound. Each is drawn between half of it and the whole, so that many clients of one
 * restarted server do not come back in the same instant.
 */
export function retrySchedule(options: ConnectionRetryOptions = {}): RetrySchedule {
  const { maxRetries = 5, baseDelayMs = 100, maxDelayMs = 2_000, random = Math.random } = options;
  return (retry) => {
    if (retry >= maxRetries) return undefined;
    const longest = Math.min(baseDelayMs * 2 ** retry, maxDelayMs);
    return longest / 2 + (longest / 2) * random();
  };
}
