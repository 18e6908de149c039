import { notExpressible } from '../custom-resource-error.ts';

/** RE2 counts a repetition up to this. */
const maxRepeat = 1000;

/**
 * The source of a JavaScript regular expression in the dialect of an API server (RE2): flags `i`, `m` and `s` become a
 * prefix, `\uXXXX` becomes `\x{XXXX}`, the rest is the same.
 *
 * Caveats: `\s` and `.` match a few Unicode spaces and line ends differently.
 *
 * @throws CustomResourceError `NOT_EXPRESSIBLE` for what RE2 lacks: look-ahead, look-behind, back-references, repetitions over
 * 1,000, set notation (flag `v`), sticky matching (flag `y`), property names with `=`.
 */
export function toRe2Pattern(expression: RegExp, path: string): string {
  const { source, flags } = expression;
  const refuse = (what: string, instead: string) =>
    notExpressible(
      path,
      `the pattern ${String(expression)} has ${what}, which an API server lacks`,
      instead,
    );
  if (/[vy]/.test(flags)) {
    throw refuse(`the flag ${flags.includes('v') ? 'v' : 'y'}`, 'write it without this flag');
  }
  const prefixFlags = ['i', 'm', 's'].filter((flag) => flags.includes(flag)).join('');
  let pattern = prefixFlags === '' ? '' : `(?${prefixFlags})`;
  let isInClass = false;
  for (let index = 0; index < source.length;) {
    const rest = source.slice(index, index + 64);
    const part = isInClass ? classPart(rest, refuse) : outerPart(rest, refuse);
    if (part.source === '[' && !isInClass) isInClass = true;
    else if (part.source === ']') isInClass = false;
    pattern += part.pattern;
    index += part.source.length;
  }
  return pattern;
}

/** What was read of the source, and what it is in RE2. */
interface Part {
  readonly source: string;
  readonly pattern: string;
}

type Refuse = (what: string, instead: string) => Error;

const useRule = 'split it into several patterns, or say it as a CEL rule with `withRule`';

function outerPart(rest: string, refuse: Refuse): Part {
  if (rest.startsWith('\\')) return escapePart(rest, refuse);
  const look = /^\(\?(=|!|<=|<!)/.exec(rest);
  if (look !== null) {
    throw refuse(look[1]?.startsWith('<') === true ? 'a look-behind' : 'a look-ahead', useRule);
  }
  const repeat = /^\{(\d+)(?:,(\d*))?\}/.exec(rest);
  if (repeat !== null && [repeat[1], repeat[2]].some((count) => Number(count ?? 0) > maxRepeat)) {
    throw refuse(`a repetition over ${maxRepeat}`, 'bound the length with min() and max()');
  }
  if (/^\[\^?\]/.test(rest)) {
    throw refuse('an empty character class', 'write [\\s\\S] for every character');
  }
  // A negated class: its ^ is read along, so that it is not taken for a literal.
  return same(rest.charAt(0));
}

function classPart(rest: string, refuse: Refuse): Part {
  if (rest.startsWith('\\')) return escapePart(rest, refuse);
  // `[` begins a named class in RE2 when a colon follows.
  if (rest.startsWith('[')) return { source: '[', pattern: '\\[' };
  return same(rest.charAt(0));
}

function escapePart(rest: string, refuse: Refuse): Part {
  const unicode = /^\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))/.exec(rest);
  if (unicode !== null) {
    return { source: unicode[0], pattern: `\\x{${unicode[1] ?? unicode[2] ?? ''}}` };
  }
  if (/^\\(?:[1-9]|k<)/.test(rest)) throw refuse('a back-reference', useRule);
  const property = /^\\[pP]\{([^}]*)\}/.exec(rest);
  if (property !== null) {
    if (property[1]?.includes('=') === true) {
      throw refuse(`the property ${property[0]}`, 'write the bare name, such as \\p{Greek}');
    }
    return same(property[0]);
  }
  if (rest.startsWith('\\c')) throw refuse('a control escape', 'write it as \\x and two digits');
  // Needed within slashes only.
  if (rest.startsWith('\\/')) return { source: '\\/', pattern: '/' };
  if (rest.startsWith('\\0')) return { source: '\\0', pattern: '\\x00' };
  return same(rest.slice(0, 2));
}

function same(source: string): Part {
  return { source, pattern: source };
}
