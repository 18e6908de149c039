/**
 * A date as a Kubernetes `Time`: RFC 3339, whole seconds (cut, not rounded), UTC, such as `2026-01-31T12:00:05Z`.
 *
 * @throws TypeError for an invalid date or a year outside 0 to 9999.
 */
export function formatTime(date: Date): string {
  return `${isoOf(date).slice(0, 19)}Z`;
}

/**
 * A date as a Kubernetes `MicroTime`: RFC 3339 with six decimals, UTC, such as `2026-01-31T12:00:05.123000Z`.
 *
 * @throws TypeError for an invalid date or a year outside 0 to 9999.
 */
export function formatMicroTime(date: Date): string {
  return `${isoOf(date).slice(0, 23)}000Z`;
}

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads an RFC 3339 time with any offset, as in `Time` and `MicroTime`. Fractions are cut to milliseconds.
 * Undefined when the text is no such time, a day does not exist (30 February), or there is no text.
 */
export function parseTime(text: string | undefined): Date | undefined {
  const match = rfc3339.exec(text ?? '');
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) {
    return undefined;
  }
  const date = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, milliseconds);
  // A day that does not exist has rolled over into the next month.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
  return new Date(date.getTime() - offset * 60_000);
}

function isoOf(date: Date): string {
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  // Years beyond four digits are written with a sign, which RFC 3339 does not know.
  if (iso.length !== 24) throw new TypeError('a date within the years 0 to 9999 is needed');
  return iso;
}
