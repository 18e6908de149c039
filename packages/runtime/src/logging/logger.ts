/** Keys and values that go with a message. Errors, dates and plain data are written; secrets are taken out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How much is logged: everything from this level up. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * A structured log. The message is a constant, what varies goes into the fields, so that logs can be counted by message.
 *
 * @example
 * ```ts
 * logger.with({ controller: 'foo' }).info('reconciled', { namespace: 'default', name: 'a', durationMs: 12 });
 * ```
 */
export interface Logger {
  /** What helps to follow the steps of a program. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator wants to know of a program that is well. */
  info(message: string, fields?: LogFields): void;
  /** What may need a look, and passes by itself. */
  warn(message: string, fields?: LogFields): void;
  /** What did not work. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its messages; fields of the message win over them. */
  with(fields: LogFields): Logger;
}
