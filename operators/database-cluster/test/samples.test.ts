import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { DatabaseCluster, DatabaseClusterV1beta1 } from '../src/api/database-cluster.ts';

const folder = new URL('../samples/', import.meta.url);

test('every sample is one that its version takes', async () => {
  const names = await readdir(folder);
  assert.ok(names.length >= 3);
  for (const name of names) {
    const sample: unknown = parse(await readFile(new URL(name, folder), 'utf8'));
    const { apiVersion } = sample as { apiVersion: string };
    const version = apiVersion === 'example.com/v1' ? DatabaseCluster : DatabaseClusterV1beta1;
    assert.deepEqual(version.parse(sample), sample, name);
  }
});
