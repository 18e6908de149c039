import {
  celMethod,
  CelScalar,
  celType,
  isCelList,
  isCelMap,
  isCelType,
  isCelUint,
  listType,
  type CelFunc,
  type CelMap,
  type CelValue,
} from '@bufbuild/cel';
import { misfit, piecesOf, type FormatClause } from './format-clauses.ts';
import {
  DEFAULT_PRECISION,
  formatFixed,
  formatScientific,
  formatShortest,
} from './format-numbers.ts';
import { opaqueTypeName } from './opaque-value.ts';
import { isOptional } from './optional-values.ts';
import { timeKindOf, timeText } from './text-conversions.ts';

const { DYN, STRING } = CelScalar;

function typeName(value: CelValue): string {
  if (isOptional(value)) return 'optional_type';
  return opaqueTypeName(value) ?? celType(value).name;
}

/** An integer of either kind; undefined for other values. */
function integerOf(value: CelValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return isCelUint(value) ? value.value : undefined;
}

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** A number; undefined for other values, except for texts that name what has no digits. */
function doubleOf(value: CelValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && Object.hasOwn(SPECIAL, value) ? SPECIAL[value] : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text in quotation marks, as Go's `%q`. */
function quoted(text: string): string {
  const characters = Array.from(text, (character) => {
    const escaped = ESCAPES[character];
    if (escaped !== undefined) return escaped;
    if (/^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x80) return `\\x${digits.padStart(2, '0')}`;
    return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
  });
  return `"${characters.join('')}"`;
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const found = '"invalid UTF-8 in bytes, cannot convert to string"';
    throw new Error(`error during formatting: could not convert argument ${found} to string`, {
      cause,
    });
  }
}

/** Writes values of any type, as `%s` does. */
class ValueWriter {
  write(value: CelValue): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return formatShortest(value);
    if (value instanceof Uint8Array) return textOfBytes(value);
    if (timeKindOf(value) !== undefined) return timeText(value);
    const text = this.#writeAlike(value);
    if (text === undefined) throw new Error(misfit('s', typeName(value)));
    return text;
  }

  /** What is written inside of a list or a map as it is outside; undefined for what cannot be written. */
  #writeAlike(value: CelValue): string | undefined {
    const integer = integerOf(value);
    if (integer !== undefined) return String(integer);
    if (typeof value === 'boolean' || value === null) return String(value);
    if (isCelList(value)) return `[${[...value].map((part) => this.#writePart(part)).join(', ')}]`;
    const isOpaqueOrOptional = isOptional(value) || opaqueTypeName(value) !== undefined;
    if (isCelMap(value)) return isOpaqueOrOptional ? undefined : this.#writeMap(value);
    return isCelType(value) ? value.name : undefined;
  }

  /** A member of a list or a map, as it is written in an expression. */
  #writePart(value: CelValue): string {
    if (typeof value === 'string') return quoted(value);
    if (value instanceof Uint8Array) return `b${quoted(textOfBytes(value))}`;
    if (typeof value === 'number') return writeDouble(value);
    const kind = timeKindOf(value);
    if (kind !== undefined) return `${kind}(${quoted(timeText(value))})`;
    const text = this.#writeAlike(value);
    if (text === undefined) {
      throw new Error(`error during formatting: no formatting function for ${typeName(value)}`);
    }
    return text;
  }

  #writeMap(map: CelMap): string {
    const entries = [...map].map(([key, value]) => [this.#writePart(key), this.#writePart(value)]);
    entries.sort(([left = ''], [right = '']) => (left < right ? -1 : left > right ? 1 : 0));
    return `{${entries.map(([key, value]) => `${key ?? ''}:${value ?? ''}`).join(', ')}}`;
  }
}

function writeDouble(value: number): string {
  return Number.isFinite(value)
    ? formatFixed(value, DEFAULT_PRECISION).replaceAll(',', '')
    : `"${formatShortest(value)}"`;
}

function hexadecimalOf(value: CelValue): string | undefined {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return Buffer.from(value).toString('hex');
  }
  return integerOf(value)?.toString(16);
}

function writeClause(
  { verb, precision = DEFAULT_PRECISION }: FormatClause,
  value: CelValue,
  writer: ValueWriter,
): string | undefined {
  switch (verb) {
    case 's':
      return writer.write(value);
    case 'd':
      return integerOf(value)?.toString();
    case 'o':
      return integerOf(value)?.toString(8);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : integerOf(value)?.toString(2);
    case 'x':
      return hexadecimalOf(value);
    case 'X':
      return hexadecimalOf(value)?.toUpperCase();
    case 'f': {
      const number = doubleOf(value);
      return number === undefined ? undefined : formatFixed(number, precision);
    }
    case 'e': {
      const number = doubleOf(value);
      return number === undefined ? undefined : formatScientific(number, precision);
    }
  }
}

function formatText(format: string, args: readonly CelValue[], writer: ValueWriter): string {
  let text = '';
  let used = 0;
  for (const piece of piecesOf(format)) {
    if (piece.kind === 'text') {
      text += piece.text;
      continue;
    }
    const arg = args[used];
    if (arg === undefined) throw new Error(`index ${used} out of range`);
    used += 1;
    if (piece.kind === 'cut') throw new Error('unexpected end of string');
    if (piece.kind === 'unreadable') {
      throw new Error(`could not parse formatting clause: ${piece.problem}`);
    }
    const written = writeClause(piece.clause, arg, writer);
    if (written === undefined) throw new Error(misfit(piece.clause.verb, typeName(arg)));
    text += written;
  }
  return text;
}

/** `format` of texts, with the words and the notations of the API server. */
export function formatFunction(): CelFunc {
  const writer = new ValueWriter();
  return celMethod('format', STRING, [listType(DYN)], STRING, function (args) {
    return formatText(this, [...args], writer);
  });
}
