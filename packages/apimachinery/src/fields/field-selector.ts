import { SelectorError } from '../labels/selector-error.ts';

/** One comparison of one field with a value. */
export interface FieldRequirement {
  /** Path such as `metadata.name` or `status.phase`; which paths are known is the server's business. */
  readonly path: string;
  /** Whether the field must have the value, or must not. */
  readonly operator: '=' | '!=';
  /** Compared as text. */
  readonly value: string;
}

/** Chooses objects by the values of fields. */
export interface FieldSelector {
  /** All must hold; in the order in which they were given. */
  readonly requirements: readonly FieldRequirement[];
  /** Whether an object is chosen; `valueOf` reads a field of it as text. An absent field compares as the empty text. */
  matches(valueOf: (path: string) => string | undefined): boolean;
  /** The selector as text that {@link parseFieldSelector} reads back. */
  toString(): string;
}

/** A selector of the given requirements; without any it matches every object. */
export function createFieldSelector(requirements: readonly FieldRequirement[]): FieldSelector {
  const kept = Object.freeze([...requirements]);
  return Object.freeze({
    requirements: kept,
    matches: (valueOf: (path: string) => string | undefined) =>
      kept.every(
        ({ path, operator, value }) => ((valueOf(path) ?? '') === value) === (operator === '='),
      ),
    toString: () =>
      kept
        .map(({ path, operator, value }) => `${path}${operator}${escapeFieldValue(value)}`)
        .join(),
  });
}

/**
 * Reads a field selector such as `status.phase!=Failed,spec.nodeName=node-1`; `==` is `=`. In a value, `\`, `,` and `=`
 * are written `\\`, `\,` and `\=`. The empty text, and empty terms, choose every object.
 *
 * @throws SelectorError (`INVALID_FIELD_SELECTOR`) with the message of the API server.
 */
export function parseFieldSelector(text: string): FieldSelector {
  return createFieldSelector(
    splitTerms(text)
      .filter((term) => term !== '')
      .map(parseTerm),
  );
}

/** Escapes a value for use in a field selector. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

/** Cuts at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === ',') {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string): FieldRequirement {
  // The first operator from the left counts; a lone `!` belongs to the path.
  const match = /!=|==?/.exec(term);
  if (match === null) throw invalid(`invalid selector: '${term}'; can't understand '${term}'`);
  return {
    path: term.slice(0, match.index),
    operator: match[0] === '!=' ? '!=' : '=',
    value: unescapeFieldValue(term.slice(match.index + match[0].length)),
  };
}

function unescapeFieldValue(escaped: string): string {
  let value = '';
  for (let index = 0; index < escaped.length; index++) {
    const char = escaped.charAt(index);
    if (char === '\\') {
      index++;
      const next = escaped.charAt(index);
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw invalid(`invalid field selector: invalid escape sequence: \\${next}`);
      }
      value += next;
    } else if (char === '=' || char === ',') {
      throw invalid(
        `invalid field selector: unescaped character in value: ${String(char.charCodeAt(0))}`,
      );
    } else {
      value += char;
    }
  }
  return value;
}

function invalid(message: string): SelectorError {
  return new SelectorError('INVALID_FIELD_SELECTOR', message);
}
