import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Transport } from '@kubewright/apimachinery';
import { ApiServer } from '../src/index.ts';
import { type Answer, at, call, CONFIG_MAPS, textAt } from './server-fixture.ts';

async function createAll(transport: Transport, names: readonly string[]): Promise<void> {
  for (const name of names) await call(transport, 'POST', CONFIG_MAPS, { metadata: { name } });
}

function names(answer: Answer): string[] {
  return (at(answer.body, 'items') as { metadata: { name: string } }[]).map(
    (item) => item.metadata.name,
  );
}

describe('list', () => {
  it('is sorted by name and leaves kind and apiVersion of built-in kinds out of the items', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await createAll(transport, ['b', 'a-b', 'a', 'a.b']);
    const answer = await call(transport, 'GET', CONFIG_MAPS);
    assert.equal(at(answer.body, 'kind'), 'ConfigMapList');
    assert.deepEqual(names(answer), ['a', 'a-b', 'a.b', 'b']);
    assert.deepEqual(Object.keys(at(answer.body, 'items.0') as object), ['metadata']);
  });

  it('pages through one snapshot, whatever is written meanwhile', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await createAll(transport, ['a', 'b', 'c', 'd', 'e']);
    const first = await call(transport, 'GET', `${CONFIG_MAPS}?limit=2`);
    assert.deepEqual(names(first), ['a', 'b']);
    assert.equal(at(first.body, 'metadata.remainingItemCount'), 3);
    await call(transport, 'DELETE', `${CONFIG_MAPS}/d`);
    await createAll(transport, ['bb', 'f']);
    const second = await call(
      transport,
      'GET',
      `${CONFIG_MAPS}?limit=2&continue=${textAt(first.body, 'metadata.continue')}`,
    );
    assert.deepEqual(names(second), ['c', 'd']);
    assert.equal(
      at(second.body, 'metadata.resourceVersion'),
      at(first.body, 'metadata.resourceVersion'),
    );
    const third = await call(
      transport,
      'GET',
      `${CONFIG_MAPS}?limit=2&continue=${textAt(second.body, 'metadata.continue')}`,
    );
    assert.deepEqual(names(third), ['e']);
    assert.equal(at(third.body, 'metadata.continue'), undefined);
  });

  it('offers an inconsistent continuation when the snapshot is forgotten', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await createAll(transport, ['a', 'b', 'c']);
    const first = await call(transport, 'GET', `${CONFIG_MAPS}?limit=1`);
    await createAll(transport, ['bb']);
    server.faults.compact();
    const path = `${CONFIG_MAPS}?limit=10&continue=`;
    const expired = await call(transport, 'GET', path + textAt(first.body, 'metadata.continue'));
    assert.equal(expired.status, 410);
    assert.equal(at(expired.body, 'reason'), 'Expired');
    const rest = await call(transport, 'GET', path + textAt(expired.body, 'metadata.continue'));
    assert.deepEqual(names(rest), ['b', 'bb', 'c']);
  });

  it('shows exactly the version asked for', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await createAll(transport, ['a', 'b']);
    const answer = await call(transport, 'GET', CONFIG_MAPS);
    const revision = textAt(answer.body, 'metadata.resourceVersion');
    await createAll(transport, ['c']);
    await call(transport, 'DELETE', `${CONFIG_MAPS}/a`);
    const past = await call(
      transport,
      'GET',
      `${CONFIG_MAPS}?resourceVersion=${revision}&resourceVersionMatch=Exact`,
    );
    assert.deepEqual(names(past), ['a', 'b']);
    assert.equal(at(past.body, 'metadata.resourceVersion'), revision);
    const present = await call(transport, 'GET', `${CONFIG_MAPS}?resourceVersion=${revision}`);
    assert.deepEqual(names(present), ['b', 'c']);
  });

  it('refuses a version that is not there yet', async () => {
    await using server = new ApiServer();
    const answer = await call(server.transport(), 'GET', `${CONFIG_MAPS}?resourceVersion=999999`);
    assert.equal(answer.status, 504);
    assert.equal(answer.headers['retry-after'], '1');
    assert.equal(at(answer.body, 'details.causes.0.reason'), 'ResourceVersionTooLarge');
  });

  it('ignores the limit for any version, as a real watch cache does', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    await createAll(transport, ['a', 'b', 'c']);
    const answer = await call(transport, 'GET', `${CONFIG_MAPS}?resourceVersion=0&limit=1`);
    assert.deepEqual(names(answer), ['a', 'b', 'c']);
  });

  it('selects by labels and fields, also page by page', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    for (const [name, color] of [
      ['a', 'red'],
      ['b', 'blue'],
      ['c', 'red'],
    ] as const) {
      await call(transport, 'POST', CONFIG_MAPS, { metadata: { name, labels: { color } } });
    }
    const red = await call(transport, 'GET', `${CONFIG_MAPS}?labelSelector=color%3Dred&limit=1`);
    assert.deepEqual(names(red), ['a']);
    assert.equal(at(red.body, 'metadata.remainingItemCount'), undefined);
    const token = textAt(red.body, 'metadata.continue');
    const next = await call(
      transport,
      'GET',
      `${CONFIG_MAPS}?labelSelector=color%3Dred&limit=1&continue=${token}`,
    );
    assert.deepEqual(names(next), ['c']);
    const other = await call(transport, 'GET', `${CONFIG_MAPS}?fieldSelector=metadata.name!%3Da`);
    assert.deepEqual(names(other), ['b', 'c']);
  });

  it('streams a long list and compresses it when asked', async () => {
    await using server = new ApiServer();
    const transport = server.transport();
    for (let index = 0; index < 150; index += 1) {
      const name = `n${String(index).padStart(4, '0')}`;
      await call(transport, 'POST', CONFIG_MAPS, {
        metadata: { name },
        data: { k: 'v'.repeat(2000) },
      });
    }
    const plain = await call(transport, 'GET', CONFIG_MAPS);
    assert.equal(names(plain).length, 150);
    const response = await transport.request({
      method: 'GET',
      path: CONFIG_MAPS,
      headers: { 'accept-encoding': 'gzip' },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    assert.equal(response.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(Buffer.concat(chunks)).toString('utf8'), plain.text);
  });
});
