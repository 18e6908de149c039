import type { CronField } from './cron-field.ts';
import type { TimeZone, WallTime } from './time-zone.ts';

/** The five fields of a schedule. */
export interface CronFields {
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  /** 1 to 12. */
  readonly month: CronField;
  /** 0, a Sunday, to 6. */
  readonly dayOfWeek: CronField;
}

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
/** A schedule that is not due within so many years never is. */
const maxYears = 5;

/**
 * Due whenever a clock shows what the five fields choose.
 *
 * It looks for the first month, then day, hour and minute that fit, and begins anew whenever one of them rolls over.
 * Hours and minutes advance by elapsed time, so an hour that is skipped when clocks are changed is not due, and one that
 * is repeated is due twice: as in robfig/cron.
 */
export class FieldSchedule {
  readonly #fields: CronFields;
  readonly #zone: TimeZone;

  constructor(fields: CronFields, zone: TimeZone) {
    this.#fields = fields;
    this.#zone = zone;
  }

  /** The first moment after another one; undefined when there is none within five years. */
  next(after: Date): Date | undefined {
    const { minute, hour, month } = this.#fields;
    // A list of nothing, `,`, is no error; without this, every minute of the years would be looked at.
    if ([minute, hour, month].some(({ values }) => values.size === 0)) return undefined;
    const startMs = Math.floor(after.getTime() / secondMs) * secondMs + secondMs;
    const yearLimit = this.#zone.wallTime(startMs).year + maxYears;
    const search = { atMs: startMs, isAdvanced: false };
    while (this.#zone.wallTime(search.atMs).year <= yearLimit) {
      const hasRolledOver =
        this.#seekMonth(search) ||
        this.#seekDay(search) ||
        this.#seekHour(search) ||
        this.#seekMinute(search) ||
        this.#seekSecond(search);
      if (!hasRolledOver) return new Date(search.atMs);
    }
    return undefined;
  }

  #seekMonth(search: Search): boolean {
    for (;;) {
      const wall = this.#zone.wallTime(search.atMs);
      if (this.#fields.month.values.has(wall.month)) return false;
      const from = search.isAdvanced ? wall : this.#restart({ ...wall, ...startOfMonth });
      this.#advance(search, this.#zone.momentOf({ ...from, month: from.month + 1 }));
      if (this.#zone.wallTime(search.atMs).month === 1) return true;
    }
  }

  #seekDay(search: Search): boolean {
    for (;;) {
      const wall = this.#zone.wallTime(search.atMs);
      if (this.#choosesDay(wall)) return false;
      const from = search.isAdvanced ? wall : this.#restart({ ...wall, ...startOfDay });
      const atMs = this.#zone.momentOf({ ...from, day: from.day + 1 });
      // Where clocks are changed at midnight, a day begins at another hour.
      const { hour } = this.#zone.wallTime(atMs);
      this.#advance(search, atMs + (hour > 12 ? 24 - hour : -hour) * hourMs);
      if (this.#zone.wallTime(search.atMs).day === 1) return true;
    }
  }

  #seekHour(search: Search): boolean {
    for (;;) {
      const wall = this.#zone.wallTime(search.atMs);
      if (this.#fields.hour.values.has(wall.hour)) return false;
      const from = search.isAdvanced
        ? search.atMs
        : this.#zone.momentOf({ ...wall, minute: 0, second: 0 });
      this.#advance(search, from + hourMs);
      if (this.#zone.wallTime(search.atMs).hour === 0) return true;
    }
  }

  #seekMinute(search: Search): boolean {
    for (;;) {
      const { minute } = this.#zone.wallTime(search.atMs);
      if (this.#fields.minute.values.has(minute)) return false;
      const from = search.isAdvanced ? search.atMs : floorTo(search.atMs, minuteMs);
      this.#advance(search, from + minuteMs);
      if (this.#zone.wallTime(search.atMs).minute === 0) return true;
    }
  }

  #seekSecond(search: Search): boolean {
    for (;;) {
      const { second } = this.#zone.wallTime(search.atMs);
      if (second === 0) return false;
      this.#advance(search, floorTo(search.atMs, secondMs) + secondMs);
      if (this.#zone.wallTime(search.atMs).second === 0) return true;
    }
  }

  #advance(search: Search, atMs: number): void {
    search.atMs = atMs;
    search.isAdvanced = true;
  }

  /** What the clock shows at a time that it may skip. */
  #restart(wall: WallTime): WallTime {
    return this.#zone.wallTime(this.#zone.momentOf(wall));
  }

  #choosesDay({ year, month, day }: WallTime): boolean {
    const { dayOfMonth, dayOfWeek } = this.#fields;
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
    const isDayOfMonth = dayOfMonth.values.has(day);
    const isDayOfWeek = dayOfWeek.values.has(weekday);
    return dayOfMonth.isOpen || dayOfWeek.isOpen
      ? isDayOfMonth && isDayOfWeek
      : isDayOfMonth || isDayOfWeek;
  }
}

interface Search {
  atMs: number;
  /** Smaller fields were set back to their beginning. */
  isAdvanced: boolean;
}

const startOfDay: Pick<WallTime, 'hour' | 'minute' | 'second'> = { hour: 0, minute: 0, second: 0 };
const startOfMonth: Omit<WallTime, 'year' | 'month'> = { ...startOfDay, day: 1 };

/** The last multiple of a step, counted from the epoch: as Go's `Truncate`, whatever the offset of the zone. */
function floorTo(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}
