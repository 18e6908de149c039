import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { repositoryImages } from '@kubewright/walk-through';
import { findOperators } from '../../scripts/operators.ts';
import { readWalkThrough } from './readme.ts';
import { walkThroughs } from './walk-throughs.ts';

describe('the walk-throughs', () => {
  test('cover every README that has one', async () => {
    const covered = new Set(walkThroughs.map(({ file }) => file));
    const forgotten: string[] = [];
    for (const { folder } of await findOperators()) {
      const file = `${folder}/README.md`;
      const readme = new URL(`../../${file}`, import.meta.url);
      const text = existsSync(readme) ? await readFile(readme, 'utf8') : '';
      if (text.includes('<!-- walk-through:begin -->') && !covered.has(file)) forgotten.push(file);
    }
    assert.deepEqual(forgotten, []);
  });

  test('have a title for each step, and every file they name', async () => {
    for (const { file } of walkThroughs) {
      const steps = await readWalkThrough(file);
      const titles = steps.map(({ title }) => title);
      assert.equal(new Set(titles).size, titles.length, file);
      for (const { commands } of steps) {
        for (const [, path = ''] of commands.matchAll(/ -f (\S+)/g)) {
          assert.ok(existsSync(new URL(`../../${path}`, import.meta.url)), `${file}: ${path}`);
        }
      }
    }
  });

  test('find the image of every operator on the embedded cluster', async () => {
    const images = repositoryImages();
    for (const { operator } of await findOperators()) {
      assert.ok(`${operator.image}:${operator.version}` in images, operator.name);
    }
  });
});
