import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

test('shows in the README only code that is compiled', async () => {
  const [readme, snippets] = await Promise.all(
    ['../README.md', './readme-snippets.ts'].map((path) =>
      readFile(new URL(path, import.meta.url), 'utf8'),
    ),
  );
  const shown = Array.from(readme?.matchAll(/```ts\n([^]*?)```/g) ?? [], ([, code]) => code);
  const compiled = Array.from(
    snippets?.matchAll(/\/\/ #region .*\n([^]*?)\/\/ #endregion/g) ?? [],
    ([, code]) => code,
  );
  assert.ok(compiled.length > 0);
  assert.deepEqual(shown, compiled);
});
