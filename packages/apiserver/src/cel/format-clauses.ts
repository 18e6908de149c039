/** What a clause of a format does with its argument, as its letter. */
export type FormatVerb = 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o';

/** One clause of a format: `%.2f` has the verb `f` and the precision 2. */
export interface FormatClause {
  readonly verb: FormatVerb;
  /** As written; undefined when none is. */
  readonly precision: number | undefined;
}

/** A part of a format, in the order of the text. */
export type FormatPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'clause'; readonly clause: FormatClause }
  /** A percent sign at the end of the text. */
  | { readonly kind: 'cut' }
  /** A clause that is none. */
  | { readonly kind: 'unreadable'; readonly problem: string };

function isVerb(letter: string): letter is FormatVerb {
  return letter.length === 1 && 'sdfebxXo'.includes(letter);
}

/** Largest number that Go takes for a precision; JavaScript counts exactly up to 2⁵³ only, and more is written out by nobody. */
const MAX_INT = 2 ** 63;

/** Reads a clause behind its percent sign. */
function readClause(text: string): { readonly piece: FormatPiece; readonly length: number } {
  const [, point, digits = ''] = /^(\.?)(\d*)/.exec(text.startsWith('.') ? text : '') ?? [];
  const length = point === undefined ? 0 : point.length + digits.length;
  // The API server reads bytes.
  const [byte] = Buffer.from(text.slice(length, length + 2));
  const letter = byte === undefined ? '' : String.fromCharCode(byte);
  const unreadable = (problem: string) => ({
    piece: { kind: 'unreadable', problem } as const,
    length,
  });
  if (point === '.') {
    const where = 'error while parsing precision';
    if (letter === '') return unreadable(`${where}: could not find end of precision specifier`);
    const number = `${where}: error while converting precision to integer: strconv.Atoi: parsing "${digits}"`;
    if (digits === '') return unreadable(`${number}: invalid syntax`);
    if (Number(digits) >= MAX_INT) return unreadable(`${number}: value out of range`);
  }
  if (!isVerb(letter)) return unreadable(`unrecognized formatting clause "${letter}"`);
  const precision = point === '.' ? Number(digits) : undefined;
  return { piece: { kind: 'clause', clause: { verb: letter, precision } }, length: length + 1 };
}

/** Reads a format, up to the first part that cannot be read. */
export function* piecesOf(format: string): Generator<FormatPiece> {
  for (let offset = 0; offset < format.length;) {
    const percent = format.indexOf('%', offset);
    const end = percent === -1 ? format.length : percent;
    if (end > offset) yield { kind: 'text', text: format.slice(offset, end) };
    if (percent === -1) return;
    const rest = format.slice(percent + 1);
    if (rest === '') {
      yield { kind: 'cut' };
      return;
    }
    if (rest.startsWith('%')) {
      yield { kind: 'text', text: '%' };
      offset = percent + 2;
      continue;
    }
    const { piece, length } = readClause(rest);
    yield piece;
    if (piece.kind === 'unreadable') return;
    offset = percent + 1 + length;
  }
}

/** What the API server says of an argument that a clause cannot write. */
export function misfit(verb: FormatVerb, type: string): string {
  return `error during formatting: ${TAKEN[verb]}, was given ${type}`;
}

const HEX = 'only integers, byte buffers, and strings can be formatted as hex';

const TAKEN: Readonly<Record<FormatVerb, string>> = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  d: 'decimal clause can only be used on integers',
  f: 'fixed-point clause can only be used on doubles',
  e: 'scientific clause can only be used on doubles',
  b: 'only integers and bools can be formatted as binary',
  x: HEX,
  X: HEX,
  o: 'octal clause can only be used on integers',
};
