import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { documentFiles, root } from './doc-files.ts';

const link = /\]\((?<target>[^)\s]+)\)/g;

for (const file of await documentFiles()) {
  test(`the links of ${file} lead to files that are there`, async () => {
    const text = await readFile(join(root, file), 'utf8');
    const targets = [...text.matchAll(link)]
      .map(({ groups }) => groups?.['target'] ?? '')
      .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
      .map((target) => target.replace(/#.*$/, ''));
    assert.deepEqual(
      targets.filter((target) => !existsSync(join(root, dirname(file), target))),
      [],
    );
  });
}
