/** One word or sign of a label selector; the end is a token too. */
export type SelectorToken =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: SelectorSign }
  | { readonly kind: 'end'; readonly text: '' };

/** The signs of the grammar. */
export type SelectorSign = '!' | '=' | '==' | '!=' | '(' | ')' | ',' | '>' | '<';

// Longer signs first: the expression takes the first alternative that fits.
const token = /[ \t\r\n]*(?:(==|!=|[!=(),<>])|([^ \t\r\n!=(),<>]+))/y;

/** Cuts the text of a label selector into tokens, `end` last; every text can be cut. */
export function tokenizeSelector(text: string): readonly SelectorToken[] {
  const tokens: SelectorToken[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, sign, word] = match;
    tokens.push(
      word === undefined
        ? // Safe: the first group matches the signs of the type and nothing else.
          { kind: 'sign', text: sign as SelectorSign }
        : { kind: 'word', text: word },
    );
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}
