/** A fenced block of a Markdown file. */
export interface Snippet {
  /** Path of the file, relative to the root of the repository. */
  readonly file: string;
  /** Line of its opening fence, from 1. */
  readonly line: number;
  /** Word behind the opening fence, such as `ts`; empty without one. */
  readonly language: string;
  readonly code: string;
  /** Why it is only a part of a program, where the comment before it says so. */
  readonly fragment: string | undefined;
}

const opening = /^```(?<language>[\w-]*)\s*$/;
const fragmentMark = /^<!-- snippet: fragment, because (?<why>.+?) -->$/;

/**
 * Reads the fenced blocks of a Markdown text, in order.
 *
 * @throws Error when a block does not end.
 */
export function readSnippets(file: string, markdown: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  let fragment: string | undefined;
  let open:
    { readonly line: number; readonly language: string; readonly code: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    if (open !== undefined) {
      if (text.trimEnd() !== '```') {
        open.code.push(text);
        continue;
      }
      const { line, language, code } = open;
      snippets.push({ file, line, language, code: `${code.join('\n')}\n`, fragment });
      open = undefined;
      fragment = undefined;
      continue;
    }
    const language = opening.exec(text)?.groups?.['language'];
    if (language !== undefined) {
      open = { line: index + 1, language, code: [] };
    } else if (text.trim() !== '') {
      // The mark speaks of the block right behind it.
      fragment = fragmentMark.exec(text.trim())?.groups?.['why'];
    }
  }
  if (open !== undefined) throw new Error(`${file}:${String(open.line)}: the block does not end`);
  return snippets;
}
