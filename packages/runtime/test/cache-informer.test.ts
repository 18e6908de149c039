import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { ConfigMap, parseLabelSelector, Secret, type Stored } from '@kubewright/apimachinery';
import { CacheError } from '../src/cache/index.ts';
import { settle } from '../src/testing/index.ts';
import { cacheUnderTest, journal, map } from './cache-under-test.ts';

const codeOf = (code: string) => (error: unknown) =>
  error instanceof CacheError && error.code === code;

describe('reading', () => {
  test('shows what was there and what changes', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    assert.equal(informer.synced, true);
    assert.equal(informer.state.phase, 'live');
    env.maps.put(map('a/two', '2'));
    env.maps.put(map('a/one', '11'));
    await settle();
    assert.equal(env.cache.get(ConfigMap, { namespace: 'a', name: 'one' })?.data?.['value'], '11');
    env.maps.remove('a/one');
    await settle();
    assert.equal(informer.get('a/one'), undefined);
    assert.equal(informer.size, 1);
  });

  test('lists by namespace, by labels and by index', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', 'x', { app: 'web' }));
    env.maps.put(map('a/two', 'y', { app: 'db' }));
    env.maps.put(map('b/one', 'x', { app: 'web' }));
    env.cache.addIndex(ConfigMap, 'value', (object) => [object.data?.['value'] ?? '']);
    await env.start();
    const keys = (options: Parameters<typeof env.cache.list>[1]): string[] =>
      env.cache
        .list(ConfigMap, options)
        .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
        .sort();
    assert.deepEqual(keys({}), ['a/one', 'a/two', 'b/one']);
    assert.deepEqual(keys({ namespace: 'a' }), ['a/one', 'a/two']);
    assert.deepEqual(keys({ namespace: 'none' }), []);
    assert.deepEqual(keys({ selector: parseLabelSelector('app=web') }), ['a/one', 'b/one']);
    assert.deepEqual(keys({ index: { name: 'value', value: 'x' } }), ['a/one', 'b/one']);
    assert.deepEqual(keys({ namespace: 'b', index: { name: 'value', value: 'x' } }), ['b/one']);
    assert.throws(() => keys({ index: { name: 'other', value: 'x' } }), codeOf('UNKNOWN_INDEX'));
  });

  test('throws rather than to say "not there" before the first picture is complete', async () => {
    await using env = cacheUnderTest();
    const read = () => env.cache.get(ConfigMap, { namespace: 'a', name: 'one' });
    assert.throws(read, codeOf('NOT_WATCHED'));
    env.cache.informer(ConfigMap);
    assert.throws(read, codeOf('NOT_SYNCED'));
    await env.start();
    assert.equal(read(), undefined);
  });

  test('refuses a namespace that no informer holds', async () => {
    await using env = cacheUnderTest({ namespaces: ['a'] });
    env.cache.informer(ConfigMap);
    await env.start();
    assert.throws(() => env.cache.list(ConfigMap, { namespace: 'b' }), codeOf('NOT_WATCHED'));
  });

  test('takes whole objects before projected ones and everything before a selection', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    env.cache.informer(ConfigMap, { labelSelector: 'app=web' });
    env.cache.informer(ConfigMap, { transform: ({ data: _, ...rest }) => rest });
    env.cache.informer(ConfigMap);
    await env.start();
    assert.equal(env.cache.get(ConfigMap, { namespace: 'a', name: 'one' })?.data?.['value'], '1');
  });

  test('says that it cannot choose between two selections', async () => {
    await using env = cacheUnderTest();
    env.cache.informer(ConfigMap, { labelSelector: 'app=web' });
    env.cache.informer(ConfigMap, { labelSelector: 'app=db' });
    await env.start();
    assert.throws(() => env.cache.list(ConfigMap), codeOf('AMBIGUOUS'));
  });

  test('gives frozen objects when asked to', async () => {
    await using env = cacheUnderTest({ freezes: true });
    env.maps.put(map('a/one', '1'));
    env.cache.informer(ConfigMap);
    await env.start();
    const object = env.cache.get(ConfigMap, { namespace: 'a', name: 'one' }) as ConfigMap;
    assert.throws(() => (object.data = {}), TypeError);
    assert.throws(() => ((object.metadata.labels ??= {})['app'] = 'x'), TypeError);
  });
});

describe('sharing', () => {
  test('one informer serves all who ask for the same', async () => {
    await using env = cacheUnderTest();
    const informer = env.cache.informer(ConfigMap);
    assert.equal(env.cache.informer(ConfigMap), informer);
    assert.equal(env.cache.informer(ConfigMap, { labelSelector: '' }), informer);
    assert.notEqual(env.cache.informer(ConfigMap, { labelSelector: 'a=b' }), informer);
    assert.notEqual(env.cache.informer(ConfigMap, { namespaces: ['a'] }), informer);
    assert.equal(
      env.cache.informer(ConfigMap, { namespaces: ['a', 'b'] }),
      env.cache.informer(ConfigMap, { namespaces: ['b', 'a', 'a'] }),
    );
    assert.notEqual(env.cache.informer(Secret), informer);
  });

  test('reads once however many ask', async () => {
    await using env = cacheUnderTest();
    env.cache.informer(ConfigMap);
    env.cache.informer(ConfigMap);
    await env.start();
    env.cache.informer(ConfigMap);
    await settle();
    assert.deepEqual(
      env.maps.requests.map(({ verb }) => verb),
      ['list', 'watch'],
    );
  });

  test('an informer asked for after the start begins at once', async () => {
    await using env = cacheUnderTest();
    await env.start();
    const informer = env.cache.informer(ConfigMap);
    await informer.whenSynced();
    assert.equal(informer.synced, true);
  });
});

describe('several namespaces', () => {
  test('are read one by one and shown as one', async () => {
    await using env = cacheUnderTest({ namespaces: ['a', 'b'] });
    for (const key of ['a/one', 'b/one', 'c/one']) env.maps.put(map(key));
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    assert.deepEqual(
      informer.list().map(({ metadata }) => metadata.namespace),
      ['a', 'b'],
    );
    assert.deepEqual(
      env.maps.requests.filter(({ verb }) => verb === 'list').map(({ namespace }) => namespace),
      ['a', 'b'],
    );
  });

  test('are synced only when all of them are', async () => {
    await using env = cacheUnderTest({ namespaces: ['a', 'b'] });
    env.maps.refuse = ({ namespace }) => (namespace === 'b' ? new Error('reset') : undefined);
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    assert.equal(informer.synced, false);
    env.maps.refuse = () => undefined;
    await env.clock.advance(2000);
    assert.equal(informer.synced, true);
  });

  test('a new list of one does not take the objects of another for deleted', async () => {
    await using env = cacheUnderTest({ namespaces: ['a', 'b'] });
    env.maps.put(map('a/one'));
    env.maps.put(map('b/one'));
    const informer = env.cache.informer(ConfigMap);
    const { lines, handler } = journal();
    await env.start();
    informer.addEventHandler(handler);
    lines.length = 0;
    env.maps.put(map('a/two'));
    env.maps.compact();
    env.maps.cut();
    await settle();
    await env.clock.advance(5000);
    assert.equal(informer.size, 3);
    assert.deepEqual(lines, ['added a/two=']);
  });
});

describe('selectors', () => {
  test('an object that is no longer selected is deleted for the informer', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1', { app: 'web' }));
    env.maps.put(map('a/two', '2', { app: 'db' }));
    const informer = env.cache.informer(ConfigMap, { labelSelector: 'app=web' });
    const { lines, handler } = journal();
    informer.addEventHandler(handler);
    await env.start();
    env.maps.put(map('a/one', '1', { app: 'db' }));
    env.maps.put(map('a/two', '2', { app: 'web' }));
    await settle();
    assert.deepEqual(lines, ['found a/one=1', 'deleted a/one=1', 'added a/two=2']);
  });
});

describe('handlers', () => {
  test('that come late are told what is there', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    env.maps.put(map('a/two', '2'));
    await settle();
    const { lines, handler } = journal();
    informer.addEventHandler(handler);
    assert.deepEqual(lines, ['found a/one=1', 'found a/two=2']);
  });

  test('see the old and the new object', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    const { lines, handler } = journal();
    env.cache.informer(ConfigMap).addEventHandler(handler);
    await env.start();
    env.maps.put(map('a/one', '2'));
    env.maps.put(map('a/two', '3'));
    env.maps.remove('a/one');
    await settle();
    assert.deepEqual(lines, [
      'found a/one=1',
      'updated a/one=1 to a/one=2',
      'added a/two=3',
      'deleted a/one=2',
    ]);
  });

  test('that throw, or reject, keep nothing from the others, and are reported', async () => {
    await using env = cacheUnderTest();
    const informer = env.cache.informer(ConfigMap);
    informer.addEventHandler({
      added: ({ metadata }) => {
        if (metadata.name === 'one') throw new Error('broken handler');
        // As an async function does, which TypeScript lets pass.
        return Promise.reject(new Error('broken handler')) as unknown as undefined;
      },
    });
    const { lines, handler } = journal();
    informer.addEventHandler(handler);
    await env.start();
    env.maps.put(map('a/one', '1'));
    env.maps.put(map('a/two', '2'));
    await settle();
    assert.deepEqual(lines, ['added a/one=1', 'added a/two=2']);
    assert.equal(env.instruments.handlerFailures, 2);
    assert.equal(informer.state.phase, 'live');
  });

  test('that are disposed of hear no more', async () => {
    await using env = cacheUnderTest();
    const informer = env.cache.informer(ConfigMap);
    const { lines, handler } = journal();
    await env.start();
    const registration = informer.addEventHandler(handler);
    const other = informer.addEventHandler(handler);
    registration[Symbol.dispose]();
    env.maps.put(map('a/one', '1'));
    await settle();
    assert.deepEqual(lines, ['added a/one=1']);
    other[Symbol.dispose]();
  });
});

describe('transform', () => {
  test('decides what is kept', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', 'large'));
    const informer = env.cache.informer(ConfigMap, { transform: ({ data: _, ...rest }) => rest });
    const { lines, handler } = journal();
    informer.addEventHandler(handler);
    await env.start();
    env.maps.remove('a/one');
    await settle();
    assert.deepEqual(lines, ['found a/one=', 'deleted a/one=']);
  });

  test('that throws leaves the object whole and is reported', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    const informer = env.cache.informer(ConfigMap, {
      transform: () => {
        throw new Error('broken transform');
      },
    });
    await env.start();
    assert.equal(informer.get('a/one')?.data?.['value'], '1');
    assert.equal(env.instruments.handlerFailures, 1);
  });
});

describe('the whole of an object', () => {
  const ref = { namespace: 'a', name: 'one' };
  const transform = ({ metadata, ...rest }: Stored<ConfigMap>): Stored<ConfigMap> => ({
    ...rest,
    metadata,
    data: {},
  });

  test('is found where it is kept', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    env.cache.informer(ConfigMap, { transform });
    await env.start();
    assert.equal(env.cache.findWhole(ConfigMap, ref), undefined);
    env.cache.informer(ConfigMap);
    await settle();
    assert.equal(env.cache.findWhole(ConfigMap, ref)?.data?.['value'], '1');
    assert.equal(env.cache.findWhole(ConfigMap, { ...ref, name: 'two' }), undefined);
  });

  test('is not vouched for while a newer state is known in parts', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    env.cache.informer(ConfigMap);
    await env.start();
    env.maps.isSlow = true;
    env.maps.put(map('a/one', '2'));
    const parts = env.cache.informer(ConfigMap, { transform });
    await settle();
    assert.ok(parts.synced);
    assert.equal(env.cache.findWhole(ConfigMap, ref), undefined);
  });
});

describe('the end', () => {
  test('leaves no request, no timer and no listener behind', async () => {
    const env = cacheUnderTest({ namespaces: ['a', 'b'] });
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    env.maps.cut(new Error('reset'));
    await env.clock.advance(3000);
    await env[Symbol.asyncDispose]();
    assert.equal(env.maps.openWatches, 0);
    assert.equal(env.clock.pendingTimers, 0);
    assert.equal(getEventListeners(env.life.signal, 'abort').length, 0);
    assert.equal(informer.state.phase, 'stopped');
  });

  test('comes in every phase: while a list hangs and during a wait', async () => {
    for (const prepare of ['isMute', 'refuse'] as const) {
      const env = cacheUnderTest();
      if (prepare === 'isMute') env.maps.isMute = true;
      else env.maps.refuse = () => new Error('reset');
      env.cache.informer(ConfigMap);
      await env.start();
      await env[Symbol.asyncDispose]();
      assert.equal(env.clock.pendingTimers, 0);
      assert.equal(getEventListeners(env.life.signal, 'abort').length, 0);
    }
  });

  test('a wait for the first picture ends with its signal', async () => {
    await using env = cacheUnderTest();
    env.maps.isMute = true;
    env.cache.informer(ConfigMap);
    await env.start();
    const controller = new AbortController();
    const waiting = env.cache.waitForSync(controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });
});
