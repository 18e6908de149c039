import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EmbeddedCluster } from '@kubewright/cluster';
import { documentedSnippets, root } from './doc-files.ts';
import { namedThings } from './shell-words.ts';
import { readSnippets } from './snippet.ts';
import { WrittenPrograms } from './written-programs.ts';

const snippets = await documentedSnippets();
const whole = snippets.filter(
  ({ language, fragment }) => language === 'ts' && fragment === undefined,
);

describe('the TypeScript in the documents', () => {
  let programs: WrittenPrograms;
  let cluster: EmbeddedCluster;

  before(async () => {
    programs = await WrittenPrograms.write(whole);
    cluster = await EmbeddedCluster.start();
  });

  after(async () => {
    await programs[Symbol.asyncDispose]();
    await cluster.stop();
  });

  test('is there', () => {
    assert.ok(whole.length > 0);
  });

  test('compiles', () => {
    assert.deepEqual(programs.typeErrors(), []);
  });

  for (const snippet of whole) {
    test(`runs: ${snippet.file}, line ${String(snippet.line)}`, async () => {
      const { code, stderr } = await programs.run(snippet, { KUBECONFIG: cluster.kubeconfigPath });
      assert.equal(code, 0, stderr);
    });
  }
});

describe('the shell commands in the documents', () => {
  for (const { file, line, code } of snippets.filter(({ language }) => language === 'sh')) {
    test(`name scripts and files that exist: ${file}, line ${String(line)}`, async () => {
      const { scripts: known } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
        readonly scripts: Readonly<Record<string, string>>; // our own file
      };
      const { scripts, paths } = namedThings(code);
      assert.deepEqual(
        scripts.filter((name) => !Object.hasOwn(known, name)),
        [],
      );
      assert.deepEqual(
        paths.filter((path) => !existsSync(join(root, path))),
        [],
      );
    });
  }
});

describe('the reader of documents', () => {
  test('tells a fragment by the comment right before it', () => {
    const mark = '<!-- snippet: fragment, because it is short -->';
    const [first, second] = readSnippets(
      'a.md',
      `${mark}\n\n\`\`\`ts\nfirst\n\`\`\`\n\ntext\n\n\`\`\`ts\nsecond\n\`\`\`\n`,
    );
    assert.equal(first?.fragment, 'it is short');
    assert.equal(second?.fragment, undefined);
    assert.equal(second?.code, 'second\n');
  });

  test('refuses a block without an end', () => {
    assert.throws(() => readSnippets('a.md', 'text\n```ts\nopen\n'), /a\.md:2/);
  });

  test('finds what a shell block names', () => {
    assert.deepEqual(namedThings('npm run no:such && node scripts/none.ts # npm test'), {
      scripts: ['no:such', 'test'],
      paths: ['scripts/none.ts'],
    });
  });
});
