const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const HOURS_PER_DAY = 24;
const HOURS_PER_YEAR = 24 * 365;

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/**
 * A time span in the short form of tables: two units at most, fewer the longer it is (`90s`, `5m30s`, `3h`, `2d4h`).
 *
 * @param durationMs milliseconds; more than a second below zero is `<invalid>`
 */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * SECONDS_PER_MINUTE) return `${seconds}s`;
  const minutes = Math.trunc(seconds / SECONDS_PER_MINUTE);
  if (minutes < 10) return pair(minutes, 'm', seconds % SECONDS_PER_MINUTE, 's');
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.trunc(seconds / SECONDS_PER_HOUR);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 2 * HOURS_PER_DAY) return `${hours}h`;
  const days = Math.trunc(hours / HOURS_PER_DAY);
  if (hours < 8 * HOURS_PER_DAY) return pair(days, 'd', hours % HOURS_PER_DAY, 'h');
  if (hours < 2 * HOURS_PER_YEAR) return `${days}d`;
  const years = Math.trunc(hours / HOURS_PER_YEAR);
  return hours < 8 * HOURS_PER_YEAR ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}
