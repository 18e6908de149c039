import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { postgresImages } from '../src/postgres-images.ts';

test('a version of PostgreSQL that is not installed is an image whose pull says what to install', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-images-'));
  try {
    const programs = join(folder, '15', 'bin');
    await mkdir(programs, { recursive: true });
    await writeFile(join(programs, 'initdb'), '');

    const { 'postgres:15': present, 'postgres:14': absent, ...others } = postgresImages(folder);

    assert.ok(present !== undefined && 'command' in present);
    assert.deepEqual(present.path, [programs]);
    assert.ok(absent !== undefined && 'pullError' in absent);
    assert.match(absent.pullError, /PostgreSQL 14 is not installed.*apt-get install postgresql-14/);
    assert.deepEqual(Object.keys(others), ['postgres:12', 'postgres:13']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
