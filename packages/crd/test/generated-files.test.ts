import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { driftExitCode, findDrift, formatDrift, writeGeneratedFiles } from '../src/index.ts';

describe('generated files', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'kubewright-generated-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const files = new Map([
    ['crds/a.yaml', 'a\n'],
    ['rbac/role.yaml', 'role\n'],
  ]);

  test('are found missing, changed and stale', async () => {
    await mkdir(join(root, 'crds/old'), { recursive: true });
    await writeFile(join(root, 'crds/a.yaml'), 'edited\n');
    await writeFile(join(root, 'crds/old/b.yaml'), '');
    await writeFile(join(root, 'crds/c.yaml'), '');
    assert.deepEqual(await findDrift({ root, files, ownedFolders: ['crds', 'none'] }), [
      { path: 'crds/a.yaml', kind: 'changed' },
      { path: 'crds/c.yaml', kind: 'stale' },
      { path: 'crds/old/b.yaml', kind: 'stale' },
      { path: 'rbac/role.yaml', kind: 'missing' },
    ]);
  });

  test('are written where they differ, and not touched where they do not', async () => {
    assert.equal((await writeGeneratedFiles({ root, files })).length, 2);
    assert.equal(await readFile(join(root, 'crds/a.yaml'), 'utf8'), 'a\n');
    const before = await stat(join(root, 'crds/a.yaml'), { bigint: true });
    assert.deepEqual(await writeGeneratedFiles({ root, files }), []);
    const after = await stat(join(root, 'crds/a.yaml'), { bigint: true });
    assert.equal(after.mtimeNs, before.mtimeNs);
    assert.deepEqual(await findDrift({ root, files, ownedFolders: ['crds', 'rbac'] }), []);
  });

  test('stay within their root', async () => {
    for (const path of ['../a', 'a/../../b', '/a', 'C:\\a']) {
      await assert.rejects(findDrift({ root, files: new Map([[path, '']]) }), TypeError);
    }
    await assert.rejects(findDrift({ root, files, ownedFolders: ['..'] }), TypeError);
  });

  test('are not looked at after an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(findDrift({ root, files, signal }));
    await assert.rejects(writeGeneratedFiles({ root, files, signal }));
    await assert.rejects(stat(join(root, 'crds')), { code: 'ENOENT' });
  });

  test('a folder in the place of a file is an error, no drift', async () => {
    await mkdir(join(root, 'crds/a.yaml'), { recursive: true });
    await assert.rejects(findDrift({ root, files }), { code: 'EISDIR' });
  });

  test('tell what drifted and how to mend it', () => {
    assert.equal(formatDrift([], 'npm run generate'), '');
    assert.equal(
      formatDrift(
        [
          { path: 'a.yaml', kind: 'changed' },
          { path: 'b.yaml', kind: 'stale' },
        ],
        'npm run generate',
      ),
      'generated files are not up to date:\n  changed  a.yaml\n  stale    b.yaml\nrun npm run generate and commit the result; delete what is stale\n',
    );
    assert.equal(driftExitCode, 3);
  });
});
