/** The manager was told to stop and some of what it runs did not end, not even after its work was aborted. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError';
  readonly code = 'ERR_SHUTDOWN_INCOMPLETE';
  /** Names of what still runs. */
  readonly running: readonly string[];

  constructor(running: readonly string[]) {
    super(`did not end in time: ${running.join(', ')}`);
    this.running = running;
  }
}

/** Why work in flight was aborted during a shutdown: the reason of the `work` signal of a runnable. */
export class WorkAbortedError extends Error {
  override readonly name = 'WorkAbortedError';
  readonly code = 'ERR_WORK_ABORTED';
}
