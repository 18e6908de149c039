import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ConfigMap, isExpired } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

describeOnEachServer('paging', {}, (environment) => {
  let client: Client;
  let namespace: string;
  const names = Array.from({ length: 9 }, (_, index) => `page-${index}`);
  const selection = { labelSelector: 'paged=yes' };

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    for (const name of names) {
      await client.create(ConfigMap, { metadata: { name, namespace, labels: { paged: 'yes' } } });
    }
  });

  test('gives every page the same version, and says how many are left', async () => {
    const first = await client.list(ConfigMap, { namespace, limit: 4 });
    const second = await client.list(ConfigMap, {
      namespace,
      limit: 4,
      continue: first.metadata.continue,
    });
    const third = await client.list(ConfigMap, {
      namespace,
      limit: 4,
      continue: second.metadata.continue,
    });
    const total = first.items.length + (first.metadata.remainingItemCount ?? 0);
    assert.ok(total >= names.length);
    assert.equal(second.metadata.remainingItemCount, total - 8);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    assert.equal(third.metadata.resourceVersion, first.metadata.resourceVersion);
    assert.equal(third.metadata.continue ?? '', '');
    assert.equal(third.metadata.remainingItemCount, undefined);
  });

  test('does not count what is left under a selector', async () => {
    const page = await client.list(ConfigMap, { namespace, limit: 4, ...selection });
    assert.ok(page.metadata.continue);
    assert.equal(page.metadata.remainingItemCount, undefined);
  });

  test('shows in later pages the state of the first one', async () => {
    const first = await client.list(ConfigMap, { namespace, limit: 3, ...selection });
    await client.create(ConfigMap, {
      metadata: { name: 'page-55', namespace, labels: { paged: 'yes' } },
    });
    await client.delete(ConfigMap, { namespace, name: 'page-8' });
    const rest = await client.list(ConfigMap, {
      namespace,
      continue: first.metadata.continue,
      ...selection,
    });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ metadata }) => metadata.name),
      names,
    );
  });

  test('refuses a continue token that is none, or together with a version', async () => {
    const bad = await refusalOf(client.list(ConfigMap, { namespace, continue: 'nonsense' }));
    assert.equal(bad.code, 400);
    assert.match(bad.message, /continue key is not valid/);
    const first = await client.list(ConfigMap, { namespace, limit: 3 });
    const both = await refusalOf(
      client.list(ConfigMap, {
        namespace,
        limit: 3,
        continue: first.metadata.continue,
        resourceVersion: '1',
      }),
    );
    assert.equal(both.code, 400);
  });

  test('expires a token with its history, and hands out one to go on with', async (t) => {
    const compact = environment().faults?.compact;
    if (compact === undefined) {
      t.skip(`a history cannot be forgotten on ${environment().kind}`);
      return;
    }
    const first = await client.list(ConfigMap, { namespace, limit: 3, ...selection });
    await client.create(ConfigMap, { metadata: { name: 'moves-on', namespace } });
    await compact();
    const error = await refusalOf(
      client.list(ConfigMap, {
        namespace,
        limit: 3,
        continue: first.metadata.continue,
        ...selection,
      }),
    );
    assert.ok(isExpired(error));
    const next = error.status.metadata?.continue;
    assert.ok(next);
    const rest = await client.list(ConfigMap, { namespace, continue: next, ...selection });
    const last = first.items.at(-1)?.metadata.name ?? '';
    assert.ok(rest.items.every(({ metadata }) => metadata.name > last));
  });
});
