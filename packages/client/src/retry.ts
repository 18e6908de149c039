import { StatusError } from '@kubewright/apimachinery';
import { ConnectionError } from './transport-error.ts';

/** How often and how long a call is tried again. */
export interface RetryOptions {
  /** Most tries, the first included. Default 10. */
  readonly maxAttempts?: number;
  /** Longest time spent waiting between tries of one call, in milliseconds. Default 30,000. */
  readonly maxWaitMs?: number;
  /** Wait before the second try when the server names none; doubled for each further one, with jitter. Default 100 ms. */
  readonly firstDelayMs?: number;
}

/** What {@link withRetries} needs to know of a call. */
export interface RetriedCall<T> {
  readonly run: () => Promise<T>;
  /** Whether doing it twice is the same as doing it once. */
  readonly isIdempotent: boolean;
  readonly signal: AbortSignal | undefined;
}

const longestDelayMs = 5_000;

/**
 * Calls until an answer comes that is final.
 *
 * Tried again: 429 and 503 with the server's own `Retry-After` (the request was not carried out), 429 and 503 without
 * one and lost connections when the call may be repeated, and connections that were never made.
 */
export async function withRetries<T>(call: RetriedCall<T>, options: RetryOptions = {}): Promise<T> {
  const { maxAttempts = 10, maxWaitMs = 30_000, firstDelayMs = 100 } = options;
  let waitedMs = 0;
  for (let attempt = 1; ; attempt++) {
    call.signal?.throwIfAborted();
    try {
      return await call.run();
    } catch (error) {
      const delayMs = delayBefore(error, call.isIdempotent, firstDelayMs * 2 ** (attempt - 1));
      if (delayMs === undefined || attempt >= maxAttempts || waitedMs + delayMs > maxWaitMs)
        throw error;
      waitedMs += delayMs;
      await sleep(delayMs, call.signal);
    }
  }
}

function delayBefore(error: unknown, isIdempotent: boolean, backoffMs: number): number | undefined {
  const jittered = Math.min(longestDelayMs, backoffMs) * (0.5 + Math.random() / 2);
  if (error instanceof StatusError && (error.code === 429 || error.code === 503)) {
    if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1000 + jittered;
    return isIdempotent ? jittered : undefined;
  }
  if (error instanceof ConnectionError)
    return isIdempotent || error.isSurelyNotSent ? jittered : undefined;
  return undefined;
}

/** Waits; rejects with the signal's reason when it is aborted first. Leaves no listener behind. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    function abort(): void {
      clearTimeout(timer);
      reject(signal?.reason as Error); // the reason of an abort is an error by convention
    }
    signal?.addEventListener('abort', abort, { once: true });
  });
}
