/**
 * A number as the API server prints it in messages (Go's `%v`): plain digits between 1e-4 and 1e21, otherwise an
 * exponent of at least two digits.
 *
 * @param large from here on it has an exponent
 */
export function formatNumber(value: number, large = 1e21): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < large)) return String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}

/** A value inside a message: numbers as {@link formatNumber}, all else as JSON. */
export function formatValue(value: unknown): string {
  return typeof value === 'number' ? formatNumber(value) : JSON.stringify(value ?? null);
}
