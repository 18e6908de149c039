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

/** Paths of the documents, from the root, in order. */
export async function documentFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob(documents, { cwd: root })) files.push(file);
  return files.sort();
}

/** All fenced blocks of the documents, by file. */
export async function documentedSnippets(): Promise<readonly Snippet[]> {
  const files = await documentFiles();
  const found = await Promise.all(
    files.map(async (file) => readSnippets(file, await readFile(join(root, file), 'utf8'))),
  );
  return found.flat();
}
