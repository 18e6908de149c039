import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './doc-files.ts';

const row = /^\| \[`(?<name>[\w-]+)`\]\(\.\.\/packages\/[\w-]+\) .*\| (?<imports>[^|]+?) +\|$/gm;
const comment = /^packages\/(?<name>[\w-]+) may import: (?<imports>.+)$/;

interface Arrows {
  readonly forbidden: readonly { readonly comment?: string }[];
}

function listOf(text: string): readonly string[] {
  return /^(nothing|no other package)$/.test(text) ? [] : text.split(', ').sort();
}

test('the architecture names the arrows that are held', async () => {
  // Our own file, which dependency-cruiser reads as CommonJS.
  const { forbidden } = createRequire(import.meta.url)(
    join(root, 'dependency-cruiser.config.cjs'),
  ) as Arrows;
  const held = forbidden.flatMap((rule) => {
    const { name, imports } = comment.exec(rule.comment ?? '')?.groups ?? {};
    return name === undefined ? [] : [[name, listOf(imports ?? '')] as const];
  });
  const text = await readFile(join(root, 'docs', 'architecture.md'), 'utf8');
  const told = [...text.matchAll(row)].map(
    ({ groups }) => [groups?.['name'] ?? '', listOf(groups?.['imports'] ?? '')] as const,
  );
  assert.ok(told.length > 0);
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(held));
});
