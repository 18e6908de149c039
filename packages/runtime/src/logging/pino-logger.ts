import { redactText } from '@kubewright/apimachinery';
import { pino } from 'pino';
import type { DestinationStream, Logger as PinoInstance } from 'pino';
import type { LogFields, Logger, LogLevel } from './logger.ts';
import { redact } from './redact.ts';

/** Where and how much is logged. */
export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Takes each line, a newline at its end. Default: standard output, written at once so that nothing is lost on exit. */
  readonly destination?: DestinationStream;
  /** Fields of every message. Default none. */
  readonly fields?: LogFields;
  /** Clock of the `time` field. Default the machine's. */
  readonly now?: () => Date;
}

/**
 * A logger that writes one JSON object a line: `level` (as a word), `time` (RFC 3339), `msg`, then the fields. Secrets are taken out
 * as {@link redact} says; fields named `level`, `time` or `msg` are written as `field_level`, `field_time`, `field_msg`.
 *
 * @throws TypeError for an unknown level.
 *
 * @example
 * ```ts
 * const logger = createLogger({ level: 'debug', fields: { operator: 'foo' } });
 * ```
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const level = parseLogLevel(options.level ?? 'info');
  const now = options.now ?? (() => new Date());
  const instance = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
  return new PinoLogger(instance, options.fields ?? {});
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/**
 * Reads a level as users write it, in any case.
 *
 * @throws TypeError that lists the choices.
 */
export function parseLogLevel(text: string): LogLevel {
  const found = levels.find((level) => level === text.toLowerCase());
  if (found === undefined) {
    throw new TypeError(`unknown log level "${text}": choose one of ${levels.join(', ')}`);
  }
  return found;
}

/** Names that the line itself uses. */
const reservedNames: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

class PinoLogger implements Logger {
  readonly #instance: PinoInstance;
  readonly #fields: LogFields;

  constructor(instance: PinoInstance, fields: LogFields) {
    this.#instance = instance;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields);
  }

  with(fields: LogFields): Logger {
    return new PinoLogger(this.#instance, { ...this.#fields, ...fields });
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: LogFields): void {
    if (!this.#instance.isLevelEnabled(level)) return;
    const line: Record<string, unknown> = {};
    for (const [name, value] of Object.entries({ ...this.#fields, ...fields })) {
      // Redacted one by one, so that the name is judged too.
      const safe = redact({ [name]: value }) as Record<string, unknown>; // an object in, an object out
      line[reservedNames.has(name) ? `field_${name}` : name] = safe[name];
    }
    this.#instance[level](line, redactText(message));
  }
}
