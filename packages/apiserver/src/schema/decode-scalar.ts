import { isDateTime } from './value-formats.ts';

/** A body that cannot be read as the kind it claims to be; becomes a 400. The message is the API server's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'DECODE_FAILED';
}

const LAYOUTS = {
  time: '2006-01-02T15:04:05Z07:00',
  microTime: '2006-01-02T15:04:05.000000Z07:00',
} as const;

// What each step of reading a time expects, and how the layout writes that element.
const TIME_STEPS: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d{2}/, '01'],
  [/^-/, '-'],
  [/^\d{2}/, '02'],
  [/^T/, 'T'],
  [/^\d{2}/, '15'],
  [/^:/, ':'],
  [/^\d{2}/, '04'],
  [/^:/, ':'],
  [/^\d{2}/, '05'],
];

function timeError(text: string, layout: string, rest: string, element: string): DecodeError {
  return new DecodeError(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`,
  );
}

/**
 * A time in the form it is stored in: UTC, whole seconds (`time`) or microseconds (`microTime`), the rest cut off.
 *
 * @throws DecodeError for a text that is no RFC 3339 time; a `microTime` needs exactly six digits of fraction
 */
export function normalizeTime(text: string, form: 'time' | 'microTime'): string {
  const layout = LAYOUTS[form];
  let rest = text;
  for (const [expected, element] of TIME_STEPS) {
    const found = expected.exec(rest)?.[0];
    if (found === undefined) throw timeError(text, layout, rest, element);
    rest = rest.slice(found.length);
  }
  const fraction = /^[.,]\d+/.exec(rest)?.[0] ?? '';
  if (form === 'microTime' && fraction.length !== 7) throw timeError(text, layout, rest, '.000000');
  rest = rest.slice(fraction.length);
  const zone = /^(?:Z|[+-]\d{2}:\d{2})/.exec(rest)?.[0];
  if (zone === undefined) throw timeError(text, layout, rest, 'Z07:00');
  if (rest !== zone) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest.slice(zone.length))}`,
    );
  }
  if (!isDateTime(text)) {
    throw new DecodeError(`parsing time ${JSON.stringify(text)}: ${outOfRange(text)} out of range`);
  }
  const seconds = new Date(`${text.slice(0, 19)}${zone}`).toISOString().slice(0, 19);
  return form === 'time' ? `${seconds}Z` : `${seconds}${fraction.replace(',', '.')}Z`;
}

function outOfRange(text: string): string {
  const month = Number(text.slice(5, 7));
  if (month < 1 || month > 12) return 'month';
  if (Number(text.slice(11, 13)) > 23) return 'hour';
  if (Number(text.slice(14, 16)) > 59) return 'minute';
  if (Number(text.slice(17, 19)) > 59) return 'second';
  return 'day';
}

/**
 * Base64 text in canonical form: no line breaks.
 *
 * @throws DecodeError with the position of the first byte that is not base64
 */
export function decodeBase64(text: string): string {
  const compact = text.replace(/[\r\n]/g, '');
  const padding = /={0,2}$/.exec(compact)?.[0] ?? '';
  const body = compact.slice(0, compact.length - padding.length);
  if (/^[A-Za-z0-9+/]*$/.test(body) && compact.length % 4 === 0) {
    return Buffer.from(compact, 'base64').toString('base64');
  }
  const wrong = /[^A-Za-z0-9+/\r\n]/.exec(text)?.index ?? text.length;
  // A text that only lacks characters is wrong at the start of its last, incomplete group of four.
  const position = wrong === text.length ? text.length - (compact.length % 4) : wrong;
  throw new DecodeError(`illegal base64 data at input byte ${position}`);
}
