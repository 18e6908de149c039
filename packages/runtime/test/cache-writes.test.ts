import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigMap, type Stored } from '@kubewright/apimachinery';
import { settle } from '../src/testing/index.ts';
import { cacheUnderTest, map } from './cache-under-test.ts';

type Environment = ReturnType<typeof cacheUnderTest>;

const at = (name: string) => ({ namespace: 'a', name });

async function synced(env: Environment): Promise<void> {
  env.maps.put(map('a/one', '1', { app: 'web' }));
  env.cache.addIndex(ConfigMap, 'value', (object) => [object.data?.['value'] ?? '']);
  await env.start();
}

function valueOf(env: Environment, name: string): string | undefined {
  return env.cache.get(ConfigMap, at(name))?.data?.['value'];
}

function names(env: Environment, value: string): string[] {
  return env.cache
    .list(ConfigMap, { index: { name: 'value', value } })
    .map(({ metadata }) => metadata.name);
}

function pending(env: Environment): number | undefined {
  return env.instruments.informerGauges?.pendingWrites();
}

/** An object as the server will answer it, before the watch tells: the watch is held up by the event loop. */
function written(env: Environment, name: string, value: string): Stored<ConfigMap> {
  const object = env.maps.put(map(`a/${name}`, value, { app: 'web' }));
  env.cache.observeWrite(ConfigMap, object);
  return object;
}

describe("one's own writes", () => {
  test('are read at once, by key, namespace and index', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    written(env, 'one', '11');
    written(env, 'two', '2');
    assert.equal(valueOf(env, 'one'), '11');
    assert.equal(valueOf(env, 'two'), '2');
    assert.deepEqual(names(env, '1'), []);
    assert.deepEqual(names(env, '11'), ['one']);
    assert.deepEqual(names(env, '2'), ['two']);
    assert.equal(env.cache.list(ConfigMap, { namespace: 'a' }).length, 2);
  });

  test('are told to handlers once, by the watch', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const seen: string[] = [];
    env.cache.informer(ConfigMap).addEventHandler({
      updated: (old, object) =>
        seen.push(`${old.data?.['value'] ?? ''} to ${object.data?.['value'] ?? ''}`),
    });
    written(env, 'one', '11');
    assert.deepEqual(seen, []);
    await settle();
    assert.deepEqual(seen, ['1 to 11']);
  });

  test('are forgotten as soon as the watch has caught up', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    written(env, 'one', '11');
    assert.equal(pending(env), 1);
    await settle();
    assert.equal(pending(env), 0);
    assert.equal(valueOf(env, 'one'), '11');
  });

  test('do not hide what others wrote after them', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const object = env.maps.put(map('a/one', 'mine'));
    env.maps.put(map('a/one', 'theirs'));
    await settle();
    env.cache.observeWrite(ConfigMap, object);
    assert.equal(valueOf(env, 'one'), 'theirs');
    assert.equal(pending(env), 0);
  });

  test('do not hide newer items of a first list that is not complete', async () => {
    await using env = cacheUnderTest();
    const answer = env.maps.put(map('a/one', 'mine'));
    env.maps.put(map('a/one', 'theirs'));
    env.maps.put(map('a/two'));
    env.maps.beforeItem = (index) => (index === 1 ? new Error('ECONNRESET') : undefined);
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    env.cache.observeWrite(ConfigMap, answer);
    assert.equal(informer.get('a/one')?.data?.['value'], 'theirs');
  });

  test('stay when an older change arrives meanwhile', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    env.maps.put(map('a/one', 'theirs'));
    written(env, 'one', 'mine');
    assert.equal(valueOf(env, 'one'), 'mine');
    await settle();
    assert.equal(valueOf(env, 'one'), 'mine');
    assert.equal(pending(env), 0);
  });

  test('are taken in the order of their versions, not of their answers', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const first = env.maps.put(map('a/one', 'first'));
    const second = env.maps.put(map('a/one', 'second'));
    env.cache.observeWrite(ConfigMap, second);
    env.cache.observeWrite(ConfigMap, first);
    assert.equal(valueOf(env, 'one'), 'second');
  });

  test('do not bring back what was deleted meanwhile', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const object = env.maps.put(map('a/two', '2'));
    env.maps.remove('a/two');
    await settle();
    env.cache.observeWrite(ConfigMap, object);
    assert.equal(valueOf(env, 'two'), undefined);
    assert.equal(pending(env), 0);
  });

  test('that end the selection hide the object', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1', { app: 'web' }));
    const informer = env.cache.informer(ConfigMap, { labelSelector: 'app=web' });
    await env.start();
    env.cache.observeWrite(ConfigMap, env.maps.put(map('a/one', '1', { app: 'db' })));
    assert.equal(informer.get('a/one'), undefined);
    assert.equal(informer.list().length, 0);
    await settle();
    assert.equal(informer.get('a/one'), undefined);
    assert.equal(pending(env), 0);
  });

  test('of objects that are not selected are forgotten at the next bookmark', async () => {
    await using env = cacheUnderTest();
    const informer = env.cache.informer(ConfigMap, { labelSelector: 'app=web' });
    await env.start();
    env.cache.observeWrite(ConfigMap, env.maps.put(map('a/one', '1', { app: 'db' })));
    await settle();
    assert.equal(informer.list().length, 0);
    env.maps.bookmark();
    await settle();
    assert.equal(pending(env), 0);
  });

  test('in other namespaces do not concern an informer', async () => {
    await using env = cacheUnderTest({ namespaces: ['b'] });
    env.cache.informer(ConfigMap);
    await env.start();
    env.cache.observeWrite(ConfigMap, env.maps.put(map('a/one', '1')));
    assert.equal(pending(env), 0);
  });

  test('stay the own of who wrote them: neither shares changes with the other', async () => {
    await using env = cacheUnderTest({ freezes: true });
    await synced(env);
    const answer = structuredClone(env.maps.put(map('a/one', '11')));
    answer.metadata.managedFields = [{ manager: 'me' }];
    env.cache.observeWrite(ConfigMap, answer);
    answer.data = { value: 'changed after the write' };
    assert.equal(valueOf(env, 'one'), '11');
    assert.equal(env.cache.get(ConfigMap, at('one'))?.metadata.managedFields, undefined);
  });

  test('are projected like everything else', async () => {
    await using env = cacheUnderTest();
    const informer = env.cache.informer(ConfigMap, { transform: ({ data: _, ...rest }) => rest });
    await env.start();
    env.cache.observeWrite(ConfigMap, env.maps.put(map('a/one', 'large')));
    assert.notEqual(informer.get('a/one'), undefined);
    assert.equal(informer.get('a/one')?.data, undefined);
  });

  test('do not outlive a server that was restored from a backup', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const backup = env.maps.snapshot();
    await env.clock.advance(60_000);
    env.maps.refuse = () => new Error('ECONNREFUSED');
    env.maps.cut(new Error('ECONNRESET'));
    await settle();
    written(env, 'one', 'lost');
    env.maps.restore(backup);
    env.maps.put(map('a/one', 'after'));
    env.maps.refuse = () => undefined;
    await env.clock.advance(90_000);
    assert.equal(valueOf(env, 'one'), 'after');
    assert.equal(pending(env), 0);
  });
});

describe("one's own deletions", () => {
  test('are seen at once and forgotten when the watch has told', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const { uid } = env.maps.remove('a/one').metadata;
    env.cache.observeDeletion(ConfigMap, at('one'), uid);
    assert.equal(valueOf(env, 'one'), undefined);
    assert.deepEqual(names(env, '1'), []);
    await settle();
    assert.equal(pending(env), 0);
  });

  test('do not hide an object made anew under the name', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const { uid } = env.maps.remove('a/one').metadata;
    env.cache.observeDeletion(ConfigMap, at('one'), uid);
    written(env, 'one', 'new');
    assert.equal(valueOf(env, 'one'), 'new');
    await settle();
    assert.equal(valueOf(env, 'one'), 'new');
    assert.equal(pending(env), 0);
  });

  test('that come late do not hide it either', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const { uid } = env.maps.remove('a/one').metadata;
    env.maps.put(map('a/one', 'new'));
    await settle();
    env.cache.observeDeletion(ConfigMap, at('one'), uid);
    assert.equal(valueOf(env, 'one'), 'new');
  });

  test('that only began, as a later change shows, are taken back', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    const uid = env.cache.get(ConfigMap, at('one'))?.metadata.uid ?? '';
    env.cache.observeDeletion(ConfigMap, at('one'), uid);
    env.maps.put(map('a/one', 'still here'));
    await settle();
    assert.equal(valueOf(env, 'one'), 'still here');
  });

  test('of an object the watch never told of are forgotten at the next bookmark', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    await env.clock.advance(60_000);
    env.maps.refuse = () => new Error('ECONNREFUSED');
    env.maps.cut(new Error('ECONNRESET'));
    await settle();
    const { uid } = written(env, 'two', '2').metadata;
    env.maps.remove('a/two');
    env.cache.observeDeletion(ConfigMap, at('two'), uid);
    assert.equal(valueOf(env, 'two'), undefined);
    assert.equal(pending(env), 1);
    env.maps.compact();
    env.maps.refuse = () => undefined;
    await env.clock.advance(5000);
    assert.equal(valueOf(env, 'two'), undefined);
    assert.equal(pending(env), 0);
  });
});
