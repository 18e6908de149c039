/** The error is the one a signal was aborted with, not a failure of the work itself. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error === signal.reason;
}
