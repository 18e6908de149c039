import { asError } from '@kubewright/apimachinery';

/** Time as the kubelet sees it; a test puts its own hands on it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves after `delayMs` milliseconds; at once when that is zero or less.
   * Rejects with `signal.reason` when the signal aborts first.
   */
  after(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Longest delay `setTimeout` takes, in milliseconds; longer ones would fire at once. */
const longestTimerMs = 2_147_483_647;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, signal) {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(asError(signal.reason));
        return;
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
        Math.min(Math.max(delayMs, 0), longestTimerMs),
      );
      const stop = (): void => {
        clearTimeout(timer);
        reject(asError(signal?.reason));
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  },
};
