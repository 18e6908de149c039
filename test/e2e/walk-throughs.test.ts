import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { repositoryImages } from '@kubewright/walk-through';
import { findOperators } from '../../scripts/operators.ts';
import { readWalkThrough } from './readme.ts';
import { walkThroughs } from './walk-throughs.ts';

describe('the walk-throughs', () => {
  test('cover every operator', async () => {
    const covered = new Set(walkThroughs.flatMap(({ operators }) => operators));
    const operators = (await findOperators()).map(({ operator }) => operator.name);
    assert.deepEqual(
      operators.filter((name) => !covered.has(name)),
      [],
    );
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
