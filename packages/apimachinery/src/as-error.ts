/** What was thrown, or what a signal was aborted with, as an Error: itself when it is one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
