/** A shell command to offer to a person: words that a shell would read otherwise are quoted. */
export function command(...words: readonly (string | undefined)[]): string {
  const shell = words
    .filter((word) => word !== undefined)
    .map((word) => (/^[\w.,:/=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return `\`${shell.join(' ')}\``;
}
