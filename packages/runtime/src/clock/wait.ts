import type { Clock } from './clock.ts';

/**
 * Waits on a clock until the delay is over or the signal aborts; the shared body of `Clock.after`.
 *
 * @throws `signal.reason` when the signal is or becomes aborted. The timer and the listener are removed on every way out.
 */
export async function waitOn(
  clock: Pick<Clock, 'schedule'>,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  using _timer = clock.schedule(delayMs, () => {
    resolve(undefined);
  });
  const onAbort = (): void => {
    // The reason is whatever the owner of the signal chose; it is passed on as it is.
    reject(signal?.reason as Error);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
