/** The text, cut and ended with `…` where it would take more columns of a terminal. */
export function fitColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let fitting = '';
  let left = columns - 1;
  for (const character of text) {
    left -= columnsOf(character);
    if (left < 0) break;
    fitting += character;
  }
  return columns < 1 ? '' : `${fitting}…`;
}

/** How many columns a text takes at the most: characters from Hangul Jamo on may take two each. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text)
    columns += (character.codePointAt(0) ?? 0) < 0x1100 || character === '…' ? 1 : 2;
  return columns;
}
