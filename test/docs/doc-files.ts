import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSnippets } from './snippet.ts';
import type { Snippet } from './snippet.ts';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where programs made of snippets are written; git ignores it. */
export const cacheFolder = join(root, '.cache', 'snippets');

const documents = [
  'README.md',
  'docs/*.md',
  'packages/*/README.md',
  'operators/*/README.md',
  'apps/*/README.md',
];

/** All fenced blocks of the documents, by file. */
export async function documentedSnippets(): Promise<readonly Snippet[]> {
  const files: string[] = [];
  for await (const file of glob(documents, { cwd: root })) files.push(file);
  const found = await Promise.all(
    files.sort().map(async (file) => readSnippets(file, await readFile(join(root, file), 'utf8'))),
  );
  return found.flat();
}
