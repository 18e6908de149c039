const hourSeconds = 3_600;
const unitSeconds: Readonly<Record<string, number>> = {
  h: hourSeconds,
  d: 24 * hourSeconds,
  w: 7 * 24 * hourSeconds,
};

/** Seconds that a retention stands for: a number of days, or a text such as `12h`, `7d`, `4w` or `7`. Undefined: it is none. */
export function retentionSeconds(retention: number | string): number | undefined {
  const match = /^(\d{1,5})([hdw]?)$/.exec(String(retention));
  if (match === null) return undefined;
  const [, amount, unit] = match;
  const seconds = Number(amount) * (unitSeconds[unit || 'd'] ?? 0);
  return seconds > 0 ? seconds : undefined;
}
