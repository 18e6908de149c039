/** What becomes of an object after a reconcile. A throw is a further way to end: retry after a backoff. */
export type Result =
  /** All is as it should be, until something changes. */
  | { readonly type: 'done' }
  /** Come back after the backoff of the object, which grows with each time. */
  | { readonly type: 'requeue' }
  /** Come back after this time, whatever the backoff. */
  | { readonly type: 'requeueAfter'; readonly delayMs: number }
  /** A retry cannot help: report the error and wait for a change. */
  | { readonly type: 'terminal'; readonly error: unknown };

const isDone: Result = Object.freeze({ type: 'done' });
const isRequeue: Result = Object.freeze({ type: 'requeue' });

/** All is as it should be; the object comes back when something changes. */
export function done(): Result {
  return isDone;
}

/** The object comes back after its backoff, as after an error but without one. */
export function requeue(): Result {
  return isRequeue;
}

/**
 * The object comes back after a time; its backoff starts anew.
 *
 * @param delayMs Milliseconds; less than 1 counts as 1, so that a moment that has passed is no error.
 * @throws TypeError when it is not finite.
 */
export function requeueAfter(delayMs: number): Result {
  if (!Number.isFinite(delayMs)) throw new TypeError(`delayMs must be finite, got ${delayMs}`);
  return { type: 'requeueAfter', delayMs: Math.max(1, delayMs) };
}

/** A retry cannot help, for example because the specification makes no sense: the error is reported, the object waits for a change. */
export function terminal(error: unknown): Result {
  return { type: 'terminal', error };
}

/** Thrown instead of returning {@link terminal}, from the depth of a reconcile. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly code = 'TERMINAL';
}
