import { CronError } from './cron-error.ts';

/** The fields of a clock on the wall. */
export interface WallTime {
  /** With all its digits. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 0 to 23. */
  readonly hour: number;
  /** 0 to 59. */
  readonly minute: number;
  /** 0 to 59. */
  readonly second: number;
}

const second = 1_000;

/** A time zone of the IANA database, as far as this machine's JavaScript knows it. */
export class TimeZone {
  /** As it was given; the empty text for UTC. */
  readonly name: string;
  /** Undefined for UTC: no need to ask, and by far the most frequent one. */
  readonly #clock: Clock | undefined;
  /** The answer to the last question: a search asks again and again for the same moment. */
  #last = { atMs: NaN, offsetMs: 0 };

  /** @throws CronError for a name that is not known; the words are those of Go's `time.LoadLocation`. */
  constructor(name: string) {
    this.name = name;
    this.#clock = name === '' || name === 'UTC' ? undefined : clockOf(formatOf(name));
  }

  /** Milliseconds that clocks of the zone are ahead of UTC at a moment. */
  offsetMs(atMs: number): number {
    if (this.#clock === undefined) return 0;
    if (this.#last.atMs !== atMs) {
      const offsetMs = this.#clock(atMs) - Math.floor(atMs / second) * second;
      this.#last = { atMs, offsetMs };
    }
    return this.#last.offsetMs;
  }

  /** What a clock of the zone shows at a moment. */
  wallTime(atMs: number): WallTime {
    const date = new Date(atMs + this.offsetMs(atMs));
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }

  /**
   * The moment at which a clock shows this; fields beyond their range roll over. A time that is skipped or repeated when
   * clocks are changed is taken by one of the two offsets, chosen as Go's `time.Date` chooses.
   */
  momentOf({ year, month, day, hour, minute, second: seconds }: WallTime): number {
    const wallMs = Date.UTC(year, month - 1, day, hour, minute, seconds);
    const guess = wallMs - this.offsetMs(wallMs);
    return wallMs - this.offsetMs(guess);
  }
}

/** Tells what a clock shows, as milliseconds of UTC, for moments in milliseconds. */
type Clock = (atMs: number) => number;

/** Reads texts such as `2024-10-27, 02:30:00`; asking for their parts each time takes three times as long. */
function clockOf(format: Intl.DateTimeFormat): Clock {
  const order = format
    .formatToParts(0)
    .map(({ type }) => type)
    .filter((type) => type !== 'literal');
  const at = (type: (typeof order)[number]): number => order.indexOf(type);
  const [year, month, day] = [at('year'), at('month'), at('day')];
  const [hour, minute, seconds] = [at('hour'), at('minute'), at('second')];
  return (atMs) => {
    const shown = (format.format(atMs).match(/\d+/g) ?? []).map(Number);
    const value = (index: number): number => shown[index] ?? NaN;
    return Date.UTC(
      value(year),
      value(month) - 1,
      value(day),
      value(hour),
      value(minute),
      value(seconds),
    );
  };
}

/** @throws CronError unless Kubernetes, too, would know the zone. */
function formatOf(name: string): Intl.DateTimeFormat {
  const unknown = (cause?: unknown): CronError =>
    new CronError(`unknown time zone ${name}`, { cause });
  if (name.includes('..') || name.startsWith('/') || name.includes('\\')) {
    throw new CronError('time: invalid location name');
  }
  // Offsets are names for JavaScript only, and capitals matter for Go only.
  if (/^[+-]/.test(name) || isMisspelt(name)) throw unknown();
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    throw unknown(error);
  }
}

function isMisspelt(name: string): boolean {
  const known = Intl.supportedValuesOf('timeZone');
  const lower = name.toLowerCase();
  return !known.includes(name) && known.some((zone) => zone.toLowerCase() === lower);
}
