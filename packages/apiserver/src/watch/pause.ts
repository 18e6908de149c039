import type { Clock } from '../contracts.ts';

/** What ends a {@link pause}, whichever comes first. */
export interface PauseOptions {
  readonly clock: Clock;
  readonly delayMs: number;
  /** An abort ends the pause early, without an error: the caller looks at its signals anyway. */
  readonly signals: readonly AbortSignal[];
  /** Something else that ends it: takes the wake-up call, gives back how to withdraw it. */
  readonly until?: ((wake: () => void) => Disposable) | undefined;
}

/** Waits as somebody who has a connection open: the process stays alive meanwhile. Leaves no listener behind. */
export async function pause({ clock, delayMs, signals, until }: PauseOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = () => resolve(undefined);
  using _other = until?.(wake);
  using _timer = clock.schedule(delayMs, wake, { keepsAlive: true });
  for (const signal of signals) signal.addEventListener('abort', wake, { once: true });
  try {
    if (!signals.some((signal) => signal.aborted)) await promise;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', wake);
  }
}
