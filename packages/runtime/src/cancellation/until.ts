/**
 * Waits for a promise, at most until the signal aborts. The promise itself goes on.
 *
 * @throws `signal.reason` when the signal is or becomes aborted first; no listener stays behind.
 */
export async function until<R>(promise: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    // The reason is whatever the owner of the signal chose; it is passed on as it is.
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
