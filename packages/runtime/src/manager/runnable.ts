/** Something that a manager starts, watches over and stops. A controller is one. */
export interface Runnable {
  /** For logs and errors; unique within the manager. */
  readonly name: string;
  /** Runs only while this process leads, when there is an election. Default true. */
  readonly needsLeaderElection?: boolean;
  /**
   * Works until told to stop; resolves when all of its work has ended. To resolve early is fine: the work is done. To reject ends the manager.
   *
   * @param stop - Aborts when no new work is to be begun; work in flight may end in its own time.
   * @param work - Aborts when work in flight must end at once: the time for it is over, the lease is lost, or a second signal came.
   */
  start(stop: AbortSignal, work: AbortSignal): Promise<void>;
}
