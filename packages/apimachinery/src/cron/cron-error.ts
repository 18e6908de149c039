/** A schedule, a duration or a time zone that cannot be read; the message is the one Kubernetes gives. */
export class CronError extends Error {
  override readonly name = 'CronError';
  readonly code = 'INVALID_SCHEDULE';
}
