/** Times of a leader election, in milliseconds. */
export interface ElectionTimes {
  /**
   * How long the others wait after they last saw the lease renewed. Default 15,000, as in client-go. Written into the lease in whole
   * seconds, rounded up, so never less than this.
   */
  readonly leaseDurationMs: number;
  /** How long the leader tries to renew before it gives up its work. Default 10,000, as in client-go. */
  readonly renewDeadlineMs: number;
  /** Pause between two tries. Default 2,000, as in client-go. */
  readonly retryPeriodMs: number;
}

/** The times of client-go. */
export const defaultElectionTimes: ElectionTimes = Object.freeze({
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
});

/** A candidate waits up to this factor longer than the retry period, so that candidates do not try in step; as in client-go. */
export const retryJitter = 1.2;

/**
 * Fills in the defaults and checks how the times stand to each other.
 *
 * @throws TypeError when a time is not a positive number, when the lease would not outlive the renew deadline (two could lead at once), or
 * when the deadline leaves no room for a second try.
 */
export function electionTimes(given: Partial<ElectionTimes> = {}): ElectionTimes {
  const times: ElectionTimes = {
    leaseDurationMs: given.leaseDurationMs ?? defaultElectionTimes.leaseDurationMs,
    renewDeadlineMs: given.renewDeadlineMs ?? defaultElectionTimes.renewDeadlineMs,
    retryPeriodMs: given.retryPeriodMs ?? defaultElectionTimes.retryPeriodMs,
  };
  for (const [name, value] of Object.entries(times)) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new TypeError(`leader election: ${name} is a positive number of milliseconds`);
    }
  }
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = times;
  if (leaseDurationMs <= renewDeadlineMs) {
    throw new TypeError(
      `leader election: leaseDurationMs (${String(leaseDurationMs)}) must be greater than renewDeadlineMs ` +
        `(${String(renewDeadlineMs)}), otherwise two could lead at once`,
    );
  }
  if (renewDeadlineMs <= retryPeriodMs * retryJitter) {
    throw new TypeError(
      `leader election: renewDeadlineMs (${String(renewDeadlineMs)}) must be greater than retryPeriodMs ` +
        `(${String(retryPeriodMs)}) times ${String(retryJitter)}, otherwise one failed try ends the leadership`,
    );
  }
  return times;
}
