/** A runnable failed, and the manager ended because of it. The failure is the `cause`. */
export class RunnableError extends Error {
  override readonly name = 'RunnableError';
  readonly code = 'ERR_RUNNABLE_FAILED';
  /** Name of the runnable. */
  readonly runnable: string;

  constructor(runnable: string, cause: unknown) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    super(`${runnable} failed: ${detail}`, { cause });
    this.runnable = runnable;
  }
}
