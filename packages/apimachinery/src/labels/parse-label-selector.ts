import { createRequirement, type Requirement, type RequirementOperator } from './requirement.ts';
import { SelectorError } from './selector-error.ts';
import { tokenizeSelector, type SelectorToken } from './selector-token.ts';
import { createSelector, type Selector } from './selector.ts';

const operators: ReadonlyMap<string, RequirementOperator> = new Map([
  ['=', 'Equals'],
  ['==', 'Equals'],
  ['!=', 'NotEquals'],
  ['in', 'In'],
  ['notin', 'NotIn'],
  ['>', 'Gt'],
  ['<', 'Lt'],
]);

/**
 * Reads a label selector in the grammar of `kubectl -l`: `app=web,tier!=db,env in (a,b),env notin (c),has,!hasnot,weight>5`.
 * The empty text matches every object.
 *
 * @throws SelectorError (`INVALID_LABEL_SELECTOR`) with the message of the API server.
 *
 * @example
 * ```ts
 * parseLabelSelector('app=web,!canary').matches({ app: 'web' }); // true
 * ```
 */
export function parseLabelSelector(text: string): Selector {
  const reader = new TokenReader(tokenizeSelector(text));
  const requirements: Requirement[] = [];
  while (reader.peek().kind !== 'end') {
    const first = reader.peek();
    if (first.kind !== 'word' && first.text !== '!') {
      throw unexpected(
        first,
        `, expected: ${requirements.length === 0 ? `!, identifier, or 'end of string'` : `identifier after ','`}`,
      );
    }
    requirements.push(readRequirement(reader));
    const separator = reader.next();
    if (separator.kind === 'end') break;
    if (separator.text !== ',') throw unexpected(separator, `, expected: ',' or 'end of string'`);
    const following = reader.peek();
    if (following.kind !== 'word' && following.text !== '!') {
      throw unexpected(following, `, expected: identifier after ','`);
    }
  }
  return createSelector(requirements);
}

class TokenReader {
  readonly #tokens: readonly SelectorToken[];
  /** Never past the `end` token, which is the last. */
  #position = 0;

  constructor(tokens: readonly SelectorToken[]) {
    this.#tokens = tokens;
  }

  peek(): SelectorToken {
    return this.#tokens[this.#position] ?? { kind: 'end', text: '' };
  }

  next(): SelectorToken {
    const current = this.peek();
    if (current.kind !== 'end') this.#position += 1;
    return current;
  }
}

/** One requirement; what is wrong inside it is reported with the prefix that the API server uses. */
function readRequirement(reader: TokenReader): Requirement {
  try {
    return readKeyAndCondition(reader);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw new SelectorError(error.code, `unable to parse requirement: ${error.message}`);
  }
}

function readKeyAndCondition(reader: TokenReader): Requirement {
  const negated = reader.peek().text === '!';
  if (negated) reader.next();
  const key = reader.next();
  if (key.kind !== 'word') throw unexpected(key, ', expected: identifier');
  if (negated) return createRequirement(key.text, 'DoesNotExist', []);
  const after = reader.peek();
  if (after.kind === 'end' || after.text === ',') return createRequirement(key.text, 'Exists', []);
  // A key that is no label key is reported before what follows it.
  createRequirement(key.text, 'Exists', []);
  const sign = reader.next();
  const operator = operators.get(sign.text);
  if (operator === undefined) throw unexpected(sign, ', expected: in, notin, =, ==, !=, gt, lt');
  const values = operator === 'In' || operator === 'NotIn' ? readSet(reader) : [readValue(reader)];
  return createRequirement(key.text, operator, values);
}

/** One value; nothing at all is the empty value, as in `key=`. */
function readValue(reader: TokenReader): string {
  const next = reader.peek();
  if (next.kind === 'end' || next.text === ',') return '';
  reader.next();
  if (next.kind !== 'word') throw unexpected(next, ', expected: identifier');
  return next.text;
}

/** Values in parentheses; between two commas, and beside a comma at either end, stands the empty value. */
function readSet(reader: TokenReader): string[] {
  const opening = reader.next();
  if (opening.text !== '(') throw unexpected(opening, ` expected: '('`);
  const values: string[] = [];
  for (;;) {
    const next = reader.peek();
    if (next.kind === 'word') values.push(reader.next().text);
    else if (next.text === ',' || next.text === ')') values.push('');
    else
      throw unexpected(
        next,
        values.length === 0
          ? `, expected: ',', ')' or identifier`
          : `, expected: ',', or identifier`,
      );
    const separator = reader.next();
    if (separator.text === ')') return values;
    if (separator.text !== ',') throw unexpected(separator, `, expected: ',' or ')'`);
  }
}

function unexpected(found: SelectorToken, expectation: string): SelectorError {
  return new SelectorError('INVALID_LABEL_SELECTOR', `found '${found.text}'${expectation}`);
}
