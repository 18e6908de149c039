/** An abort controller that follows other signals until it is disposed of. */
export interface LinkedAbort extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts the signal, and lets go of the parents. */
  abort(reason: unknown): void;
}

/**
 * Makes a signal that aborts, with the same reason, as soon as one of the parents does.
 *
 * Guarantees: after disposal, and after the abort, no listener stays on a parent. This is why it is not
 * `AbortSignal.any`, whose links live as long as the longest-lived parent.
 *
 * @example
 * ```ts
 * using attempt = linkAbort(shutdown);
 * await client.get(Pod, ref, { signal: attempt.signal });
 * ```
 */
export function linkAbort(...parents: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController();
  const signals = parents.filter((parent) => parent !== undefined);
  const unlink = (): void => {
    for (const parent of signals) parent.removeEventListener('abort', onAbort);
  };
  const abort = (reason: unknown): void => {
    unlink();
    controller.abort(reason);
  };
  function onAbort(this: AbortSignal): void {
    abort(this.reason);
  }
  const aborted = signals.find((parent) => parent.aborted);
  if (aborted === undefined) {
    for (const parent of signals) parent.addEventListener('abort', onAbort, { once: true });
  } else {
    controller.abort(aborted.reason);
  }
  return { signal: controller.signal, abort, [Symbol.dispose]: unlink };
}
