import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConfigMap, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { Cache, type Informer } from '@kubewright/runtime';
import { describeOnEachServer } from './on-each-server.ts';

/** Longest wait, in milliseconds: it only bounds a failure. */
const limitMs = 120_000;

/**
 * Resolves when the informer shows what is wanted.
 *
 * @throws Error with what it shows when it does not come to pass.
 */
async function until(informer: Informer<ConfigMap>, isThere: () => boolean): Promise<void> {
  const done = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    const shown = JSON.stringify(informer.list());
    done.reject(new Error(`did not come to pass: ${String(isThere)}; shown: ${shown}`));
  }, limitMs);
  const look = (): void => {
    if (isThere()) done.resolve(undefined);
  };
  const handler = { added: look, updated: look, deleted: look };
  using _handler = informer.addEventHandler(handler);
  look();
  try {
    await done.promise;
  } finally {
    clearTimeout(timer);
  }
}

describeOnEachServer('informer', {}, (environment) => {
  const stop = new AbortController();
  let running: Promise<void>;
  let client: Client;
  let namespace: string;
  let cache: Cache;
  let informer: Informer<ConfigMap>;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    await client.create(ConfigMap, {
      metadata: { name: 'from-before', namespace, labels: { suite: 'yes' } },
    });
    cache = new Cache({ client, freezes: true });
    informer = cache.informer(ConfigMap, { namespaces: [namespace], labelSelector: 'suite=yes' });
    informer.addIndex('color', ({ metadata }) => {
      const color = metadata.labels?.['color'];
      return color === undefined ? [] : [color];
    });
    running = cache.start(stop.signal);
    await informer.whenSynced();
  });
  after(async () => {
    stop.abort(new Error('the suite is over'));
    await running;
  });

  const make = (name: string, labels: Record<string, string> = {}): Promise<Stored<ConfigMap>> =>
    client.create(ConfigMap, {
      metadata: { name, namespace, labels: { suite: 'yes', ...labels } },
    });
  const has = (name: string): boolean => informer.get({ namespace, name }) !== undefined;

  test('has, when synced, what was there before', () => {
    assert.ok(has('from-before'));
  });

  test('follows additions, changes and deletions', async () => {
    const created = await make('followed');
    await until(informer, () => has('followed'));
    await client.update(ConfigMap, { ...created, data: { a: '1' } });
    await until(informer, () => informer.get({ namespace, name: 'followed' })?.data?.['a'] === '1');
    await client.delete(ConfigMap, { name: 'followed', namespace });
    await until(informer, () => !has('followed'));
  });

  test('leaves out managedFields', async () => {
    await make('lean');
    await until(informer, () => has('lean'));
    assert.equal(informer.get({ namespace, name: 'lean' })?.metadata.managedFields, undefined);
  });

  test('loses an object that its selector no longer matches', async () => {
    await make('relabelled');
    await until(informer, () => has('relabelled'));
    const body = { metadata: { labels: { suite: 'no' } } };
    await client.patch(ConfigMap, { name: 'relabelled', namespace }, { type: 'merge', body });
    await until(informer, () => !has('relabelled'));
  });

  test('finds objects by an index, also after they moved in it', async () => {
    const named = (color: string): string[] =>
      informer.byIndex('color', color).map(({ metadata }) => metadata.name);
    await make('painted', { color: 'red' });
    await until(informer, () => named('red').length === 1);
    const body = { metadata: { labels: { color: 'blue' } } };
    await client.patch(ConfigMap, { name: 'painted', namespace }, { type: 'merge', body });
    await until(informer, () => named('blue').length === 1);
    assert.deepEqual([named('red'), named('blue')], [[], ['painted']]);
  });

  test('tells an object from another of the same name that replaced it', async () => {
    const first = await make('replaced');
    await until(informer, () => has('replaced'));
    await client.delete(ConfigMap, { name: 'replaced', namespace });
    const second = await make('replaced');
    await until(
      informer,
      () => informer.get({ namespace, name: 'replaced' })?.metadata.uid === second.metadata.uid,
    );
    assert.notEqual(first.metadata.uid, second.metadata.uid);
  });

  test('goes on from where it was when its watches are cut', async (t) => {
    const cut = environment().faults?.cutWatches;
    if (cut === undefined) {
      t.skip(`watches cannot be cut on ${environment().kind}`);
      return;
    }
    await cut();
    await make('after-the-cut');
    await until(informer, () => has('after-the-cut'));
  });

  test('reads everything anew when its version has expired, and misses no deletion', async (t) => {
    const faults = environment().faults;
    if (faults?.compact === undefined || faults.cutWatches === undefined) {
      t.skip(`a history cannot be forgotten on ${environment().kind}`);
      return;
    }
    await make('gone-meanwhile');
    await until(informer, () => has('gone-meanwhile'));
    await faults.cutWatches();
    await client.delete(ConfigMap, { name: 'gone-meanwhile', namespace });
    await faults.compact();
    await make('after-the-compaction');
    await until(informer, () => has('after-the-compaction') && !has('gone-meanwhile'));
  });

  test('survives a restart of the server', async (t) => {
    const restart = environment().faults?.restartServer;
    if (restart === undefined) {
      t.skip(`the server cannot be restarted on ${environment().kind}`);
      return;
    }
    await restart();
    await make('after-the-restart');
    await until(informer, () => has('after-the-restart') && has('from-before'));
  });
});
