/** A callback that a {@link Clock} will run; disposing it cancels it and may be repeated. */
export type Timer = Disposable;

/**
 * Where everything that waits or measures gets its time from, so that tests decide when time passes.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970; may jump. For timestamps only. */
  now(): number;
  /** Milliseconds from a fixed, arbitrary start; never goes back. For durations and deadlines. */
  monotonicMs(): number;
  /**
   * Runs a callback once, later, never within this call.
   *
   * @param delayMs Milliseconds; negative and 0 mean as soon as possible. Infinity never runs.
   * @throws TypeError when `delayMs` is NaN.
   */
  schedule(delayMs: number, callback: () => void): Timer;
  /**
   * Waits.
   *
   * @throws `signal.reason` as soon as the signal aborts; no listener stays behind.
   */
  after(delayMs: number, signal?: AbortSignal): Promise<void>;
}
