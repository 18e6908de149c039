import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigMap } from '@kubewright/apimachinery';
import { DecodeError } from '@kubewright/client';
import type { InformerProblem } from '../src/cache/index.ts';
import { settle } from '../src/testing/index.ts';
import { cacheUnderTest, journal, map } from './cache-under-test.ts';
import { expired, refusal } from './fake-collection.ts';

type Environment = ReturnType<typeof cacheUnderTest>;

/** A synced cache with a/one=1 and a/two=2, and the journal of what happens from now on. */
async function synced(env: Environment): Promise<string[]> {
  env.maps.put(map('a/one', '1'));
  env.maps.put(map('a/two', '2'));
  const informer = env.cache.informer(ConfigMap);
  await env.start();
  const { lines, handler } = journal();
  informer.addEventHandler(handler);
  lines.length = 0;
  return lines;
}

const lists = (env: Environment): number =>
  env.maps.requests.filter(({ verb }) => verb === 'list').length;

describe('a watch that is cut', () => {
  test('by the server goes on from the last version, with nothing lost or told twice', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    await env.clock.advance(60_000);
    env.maps.put(map('a/one', '11'));
    env.maps.cut();
    env.maps.put(map('a/one', '12'));
    env.maps.remove('a/two');
    await settle();
    assert.deepEqual(lines, [
      'updated a/one=1 to a/one=11',
      'updated a/one=11 to a/one=12',
      'deleted a/two=2',
    ]);
    assert.equal(lists(env), 1);
  });

  test('by the network goes on too, after a wait', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    env.maps.cut(new Error('ECONNRESET'));
    env.maps.put(map('a/one', '11'));
    await settle();
    assert.deepEqual(lines, []);
    assert.equal(env.cache.informer(ConfigMap).state.phase, 'failing');
    await env.clock.advance(1600);
    assert.deepEqual(lines, ['updated a/one=1 to a/one=11']);
    assert.equal(lists(env), 1);
    assert.equal(env.cache.informer(ConfigMap).state.phase, 'live');
  });

  for (const [name, error] of [
    ['an ERROR event of 500', refusal(500, 'InternalError', 'etcd leader changed')],
    ['an ERROR event of 429', refusal(429, 'TooManyRequests', 'storage is (re)initializing')],
    ['malformed bytes', new DecodeError('MALFORMED', 'not JSON')],
  ] as const) {
    test(`by ${name} goes on from the last version`, async () => {
      await using env = cacheUnderTest();
      const lines = await synced(env);
      env.maps.cut(error);
      env.maps.put(map('a/one', '11'));
      await env.clock.advance(1600);
      assert.deepEqual(lines, ['updated a/one=1 to a/one=11']);
      assert.equal(lists(env), 1);
    });
  }

  test('again and again never ends the informer', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    env.maps.refuse = () => new Error('ECONNREFUSED');
    env.maps.cut(new Error('ECONNRESET'));
    await env.clock.advance(60 * 60_000);
    env.maps.refuse = () => undefined;
    env.maps.put(map('a/one', '11'));
    await env.clock.advance(30_000);
    assert.deepEqual(lines, ['updated a/one=1 to a/one=11']);
  });
});

describe('a version that has expired', () => {
  test('leads to a new list, whose differences are told as events', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    await env.clock.advance(60_000);
    env.maps.refuse = () => new Error('ECONNREFUSED');
    env.maps.cut(new Error('ECONNRESET'));
    await settle();
    env.maps.put(map('a/one', '11'));
    env.maps.remove('a/two');
    env.maps.put(map('a/three', '3'));
    env.maps.compact();
    env.maps.refuse = () => undefined;
    await env.clock.advance(2000);
    assert.deepEqual(lines, ['updated a/one=1 to a/one=11', 'added a/three=3', 'missed a/two=2']);
    assert.deepEqual(env.instruments.watchFailures, ['watch unreachable', 'watch expired']);
  });

  test('comes as an ERROR event too', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    await env.clock.advance(60_000);
    env.maps.cut(expired());
    env.maps.remove('a/one');
    await settle();
    assert.deepEqual(lines, ['missed a/one=1']);
    assert.equal(lists(env), 2);
  });

  test('shows an object made anew under its name as a deletion and an addition', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    await env.clock.advance(60_000);
    env.maps.cut(expired());
    env.maps.remove('a/one');
    env.maps.put(map('a/one', 'new'));
    await settle();
    assert.deepEqual(lines, ['missed a/one=1', 'added a/one=new']);
  });

  test('tells nothing when nothing has changed', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    await env.clock.advance(60_000);
    env.maps.cut(expired());
    await settle();
    assert.equal(lists(env), 2);
    assert.deepEqual(lines, []);
  });
});

describe('a first list that breaks in the middle', () => {
  test('is read again, and what went meanwhile is found out', async () => {
    await using env = cacheUnderTest();
    env.maps.put(map('a/one', '1'));
    env.maps.put(map('a/two', '2'));
    env.maps.beforeItem = (index) => (index === 1 ? new Error('ECONNRESET') : undefined);
    const informer = env.cache.informer(ConfigMap);
    const { lines, handler } = journal();
    informer.addEventHandler(handler);
    await env.start();
    assert.equal(informer.synced, false);
    env.maps.beforeItem = () => undefined;
    env.maps.remove('a/one');
    await env.clock.advance(1600);
    assert.equal(informer.synced, true);
    assert.deepEqual(lines, ['found a/one=1', 'found a/two=2', 'missed a/one=1']);
  });
});

describe('a faulty server', () => {
  test('that repeats changes, or sends them out of order, is seen through', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    const first = env.maps.put(map('a/one', '11'));
    const second = env.maps.put(map('a/one', '12'));
    const last = env.maps.remove('a/two');
    env.maps.sendRaw({ type: 'MODIFIED', object: second });
    env.maps.sendRaw({ type: 'MODIFIED', object: first });
    env.maps.sendRaw({ type: 'DELETED', object: last });
    env.maps.sendRaw({ type: 'MODIFIED', object: { ...last, metadata: { ...last.metadata, resourceVersion: '102' } } }); // prettier-ignore
    await settle();
    assert.deepEqual(lines, [
      'updated a/one=1 to a/one=11',
      'updated a/one=11 to a/one=12',
      'deleted a/two=2',
    ]);
  });

  test('that tells the deletion of an earlier object does not take the later one', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    const gone = env.maps.remove('a/one');
    env.maps.put(map('a/one', 'new'));
    env.maps.sendRaw({ type: 'DELETED', object: gone });
    await settle();
    assert.deepEqual(lines, ['deleted a/one=1', 'added a/one=new']);
    assert.equal(env.cache.get(ConfigMap, { namespace: 'a', name: 'one' })?.data?.['value'], 'new');
  });

  test('that lags behind is not believed', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    const old = env.maps.snapshot();
    env.maps.put(map('a/one', '11'));
    env.maps.remove('a/two');
    await settle();
    lines.length = 0;
    env.maps.lagging = old;
    await env.clock.advance(60_000);
    env.maps.cut(expired());
    await settle();
    assert.deepEqual(lines, []);
    assert.deepEqual(
      env.maps.requests
        .slice(-3)
        .map(({ verb, resourceVersion }) => `${verb} ${resourceVersion ?? ''}`),
      [`list ${env.maps.version}`, 'list ', `watch ${env.maps.version}`],
    );
  });

  test('that was restored from a backup is followed back', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    const backup = env.maps.snapshot();
    env.maps.put(map('a/one', 'lost'));
    env.maps.put(map('a/three', 'lost'));
    await env.clock.advance(60_000);
    lines.length = 0;
    env.maps.restore(backup);
    env.maps.cut();
    await env.clock.advance(60_000);
    assert.equal(lines.length, 0, 'a watch from a version of the future is silent');
    await env.clock.advance(20_000);
    assert.deepEqual(lines, ['updated a/one=lost to a/one=1', 'missed a/three=lost']);
    env.maps.put(map('a/one', 'after'));
    await settle();
    assert.equal(lines.at(-1), 'updated a/one=1 to a/one=after');
  });
});

describe('silence', () => {
  test('of 70 seconds makes a new watch from the last version', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    env.maps.bookmark();
    await env.clock.advance(69_999);
    assert.equal(env.maps.requests.length, 2);
    await env.clock.advance(1);
    assert.deepEqual(
      env.maps.requests.slice(2).map(({ verb, resourceVersion }) => [verb, resourceVersion]),
      [['watch', env.maps.version]],
    );
    assert.equal(env.maps.openWatches, 1);
  });

  test('from the beginning of a watch leads to a new list: the version may be one of the future', async () => {
    await using env = cacheUnderTest();
    const lines = await synced(env);
    await env.clock.advance(70_000);
    assert.deepEqual(
      env.maps.requests.slice(2).map(({ verb, resourceVersion }) => [verb, resourceVersion]),
      [
        ['list', env.maps.version],
        ['watch', env.maps.version],
      ],
    );
    assert.deepEqual(lines, []);
  });

  test('is broken by bookmarks, which keep a watch open for ever', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    for (let minute = 0; minute < 60; minute++) {
      await env.clock.advance(60_000);
      env.maps.bookmark();
      await settle();
    }
    assert.equal(env.maps.requests.length, 2);
    assert.equal(env.cache.informer(ConfigMap).secondsSinceHeard, 0);
  });

  test('of a list ends it as well', async () => {
    await using env = cacheUnderTest();
    env.maps.isMute = true;
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    await env.clock.advance(70_000);
    assert.ok(informer.state.phase === 'failing');
    assert.equal(informer.state.problem.kind, 'silent');
    env.maps.isMute = false;
    await env.clock.advance(1600);
    assert.equal(informer.synced, true);
  });
});

describe('a missing permission', () => {
  test('is told with verb, resource and namespace, and tried again until it is granted', async () => {
    await using env = cacheUnderTest({ namespaces: ['a', 'b'] });
    env.maps.refuse = ({ namespace }) =>
      namespace === 'b' ? refusal(403, 'Forbidden', 'configmaps is forbidden') : undefined;
    const problems: InformerProblem[] = [];
    env.cache.onProblem((problem) => problems.push(problem));
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    assert.deepEqual(env.cache.readiness(), [
      'cannot list configmaps in namespace "b": configmaps is forbidden',
    ]);
    await env.clock.advance(120_000);
    assert.deepEqual(
      problems.map(({ kind, verb, resource, namespace }) => ({ kind, verb, resource, namespace })),
      [{ kind: 'denied', verb: 'list', resource: 'configmaps', namespace: 'b' }],
    );
    env.maps.refuse = () => undefined;
    await env.clock.advance(30_000);
    assert.equal(informer.synced, true);
    assert.deepEqual(env.cache.readiness(), []);
  });

  test('that is taken away makes the cache not ready but leaves it readable', async () => {
    await using env = cacheUnderTest();
    await synced(env);
    env.maps.refuse = () => refusal(403, 'Forbidden', 'configmaps is forbidden');
    env.maps.cut();
    await settle();
    assert.deepEqual(env.cache.readiness(), [
      'cannot watch configmaps in all namespaces: configmaps is forbidden',
    ]);
    assert.equal(env.cache.list(ConfigMap).length, 2);
  });
});

describe('readiness', () => {
  test('needs a start, a complete first picture, and a word from the server now and then', async () => {
    await using env = cacheUnderTest();
    env.cache.informer(ConfigMap);
    assert.deepEqual(env.cache.readiness(), ['the cache has not been started']);
    env.maps.isMute = true;
    await env.start();
    assert.deepEqual(env.cache.readiness(), ['configmaps: the first list is not complete']);
    env.maps.isMute = false;
    await env.clock.advance(72_000);
    assert.deepEqual(env.cache.readiness(), []);
    env.maps.refuse = () => new Error('ECONNREFUSED');
    env.maps.cut(new Error('ECONNRESET'));
    await env.clock.advance(100_000);
    assert.deepEqual(env.cache.readiness(), []);
    await env.clock.advance(60_000);
    assert.match(
      env.cache.readiness().join(),
      /configmaps: nothing heard from the API server for \d+ s/,
    );
  });

  test('a resource that is not installed is told as such', async () => {
    await using env = cacheUnderTest();
    env.maps.refuse = () =>
      refusal(404, 'NotFound', 'the server could not find the requested resource');
    env.cache.informer(ConfigMap);
    await env.start();
    assert.deepEqual(env.cache.readiness(), [
      'cannot list configmaps in all namespaces: the server could not find the requested resource',
    ]);
  });
});

describe('the other ways to read the first picture', () => {
  test('pages', async () => {
    await using env = cacheUnderTest({ read: { by: 'pages', pageSize: 2 } });
    for (const name of ['1', '2', '3', '4', '5']) env.maps.put(map(`a/${name}`));
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    assert.equal(informer.size, 5);
    assert.equal(lists(env), 3);
  });

  test('the first events of a watch', async () => {
    await using env = cacheUnderTest({ read: { by: 'watch' } });
    for (const name of ['1', '2', '3']) env.maps.put(map(`a/${name}`));
    const informer = env.cache.informer(ConfigMap);
    await env.start();
    assert.equal(informer.synced, true);
    assert.equal(informer.size, 3);
    env.maps.put(map('a/4'));
    await settle();
    assert.equal(informer.size, 4);
    assert.equal(env.maps.requests.length, 1);
  });
});
