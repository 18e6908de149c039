import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigMap, ownerReference, Secret, type Stored } from '@kubewright/apimachinery';
import type { ObjectEvent } from '../src/cache/index.ts';
import {
  and,
  annotationsChanged,
  controllerUidIndex,
  done,
  generationChanged,
  labelsChanged,
  not,
  or,
  resourceVersionChanged,
  watch,
  type ControllerOptions,
  type Predicate,
} from '../src/controller/index.ts';
import { settle } from '../src/testing/index.ts';
import { map } from './cache-under-test.ts';
import { controllerUnderTest } from './controller-under-test.ts';

/** A controller that keeps the names it is asked to look at; the journal is empty once it has looked at what was there. */
async function started(
  options: Partial<ControllerOptions<ConfigMap>>,
  prepare: (env: ReturnType<typeof controllerUnderTest>) => void = () => undefined,
) {
  const seen: string[] = [];
  const env = controllerUnderTest({
    ...options,
    reconcile: async ({ namespace, name }) => {
      seen.push(`${namespace ?? ''}/${name}`);
      return done();
    },
  });
  prepare(env);
  await env.start();
  seen.length = 0;
  return { ...env, seen, [Symbol.asyncDispose]: () => env[Symbol.asyncDispose]() };
}

function secret(name: string, owner?: Stored<ConfigMap>, uid?: string): Secret {
  const reference = owner === undefined ? undefined : ownerReference(owner);
  return {
    metadata: {
      namespace: 'a',
      name,
      ...(reference === undefined
        ? {}
        : { ownerReferences: [{ ...reference, uid: uid ?? reference.uid }] }),
    },
  };
}

describe('for', () => {
  test('asks for an object that came, changed or went', async () => {
    await using env = await started({});
    env.maps.put(map('a/one', '1'));
    await settle();
    env.maps.put(map('a/one', '2'));
    await settle();
    env.maps.remove('a/one');
    await settle();
    assert.deepEqual(env.seen, ['a/one', 'a/one', 'a/one']);
  });

  test('takes only what passes the predicates', async () => {
    await using env = await started({
      for: { resource: ConfigMap, predicates: [({ object }) => object.metadata.name !== 'two'] },
    });
    env.maps.put(map('a/one'));
    env.maps.put(map('a/two'));
    await settle();
    assert.deepEqual(env.seen, ['a/one']);
  });

  test('a predicate that throws lets the event pass and is logged', async () => {
    await using env = await started({
      for: {
        resource: ConfigMap,
        predicates: [
          () => {
            throw new Error('broken predicate');
          },
        ],
      },
    });
    env.maps.put(map('a/one'));
    await settle();
    assert.deepEqual(env.seen, ['a/one']);
    assert.match(String(env.log.find(({ what }) => what === 'predicate')?.['error']), /broken/);
  });
});

describe('owns', () => {
  test('asks for the controlling owner of an object that came, changed or went', async () => {
    let owner: Stored<ConfigMap> | undefined;
    await using env = await started({ owns: [Secret] }, ({ maps }) => {
      owner = maps.put(map('a/one'));
    });
    env.secrets.put(secret('child', owner));
    await settle();
    env.secrets.put({ ...secret('child', owner), data: { changed: '' } });
    await settle();
    env.secrets.remove('a/child');
    await settle();
    assert.deepEqual(env.seen, ['a/one', 'a/one', 'a/one']);
  });

  test('asks for both owners when an object changes hands', async () => {
    const owners: Stored<ConfigMap>[] = [];
    await using env = await started({ owns: [Secret] }, ({ maps, secrets }) => {
      owners.push(maps.put(map('a/one')), maps.put(map('a/two')));
      secrets.put(secret('child', owners[0]));
    });
    env.secrets.put(secret('child', owners[1]));
    await settle();
    assert.deepEqual(env.seen.sort(), ['a/one', 'a/two']);
  });

  test('leaves out owners of another kind or group, owners that do not control, and none', async () => {
    let owner: Stored<ConfigMap> | undefined;
    await using env = await started({ owns: [Secret] }, ({ maps }) => {
      owner = maps.put(map('a/one'));
    });
    const reference = ownerReference(owner ?? assert.fail());
    const owned = (name: string, change: object): Secret => ({
      metadata: { namespace: 'a', name, ownerReferences: [{ ...reference, ...change }] },
    });
    env.secrets.put(secret('orphan'));
    env.secrets.put(owned('other-kind', { kind: 'Other' }));
    env.secrets.put(owned('other-group', { apiVersion: 'example.com/v1' }));
    env.secrets.put(owned('not-controlled', { controller: false }));
    await settle();
    assert.deepEqual(env.seen, []);
    env.secrets.put(owned('other-version', { apiVersion: 'v2' }));
    await settle();
    assert.deepEqual(env.seen, ['a/one']);
  });

  test('leaves out an object of an earlier owner of that name', async () => {
    let owner: Stored<ConfigMap> | undefined;
    await using env = await started({ owns: [Secret] }, ({ maps }) => {
      owner = maps.put(map('a/one'));
    });
    env.secrets.put(secret('child', owner, 'uid-of-an-earlier-one'));
    await settle();
    assert.deepEqual(env.seen, []);
  });

  test('files the objects by the uid of their owner', async () => {
    let owner: Stored<ConfigMap> | undefined;
    await using env = await started({ owns: [Secret] }, ({ maps, secrets }) => {
      owner = maps.put(map('a/one'));
      secrets.put(secret('child', owner));
      secrets.put(secret('orphan'));
    });
    const children = env.cache.list(Secret, {
      index: { name: controllerUidIndex, value: owner?.metadata.uid ?? '' },
    });
    assert.deepEqual(
      children.map(({ metadata }) => metadata.name),
      ['child'],
    );
  });
});

describe('watches', () => {
  test('maps events, with the old and the new object, to any number of requests', async () => {
    const events: string[] = [];
    await using env = await started({
      watches: [
        watch(Secret, {
          map: (event) => {
            const old = event.type === 'updated' ? (event.old.data?.['friend'] ?? '') : '';
            const now = event.object.data?.['friend'] ?? '';
            events.push(`${event.type} ${old}>${now}`);
            return [old, now]
              .filter((name) => name !== '')
              .map((name) => ({ namespace: 'a', name }));
          },
        }),
      ],
    });
    env.secrets.put({ metadata: { namespace: 'a', name: 's' }, data: { friend: 'jack' } });
    await settle();
    env.secrets.put({ metadata: { namespace: 'a', name: 's' }, data: { friend: 'joe' } });
    await settle();
    env.secrets.remove('a/s');
    await settle();
    assert.deepEqual(events, ['added >jack', 'updated jack>joe', 'deleted >joe']);
    assert.deepEqual(env.seen, ['a/jack', 'a/jack', 'a/joe', 'a/joe']);
  });

  test('a map function that throws costs that event only, and is logged', async () => {
    let isBroken = true;
    await using env = await started({
      watches: [
        watch(Secret, {
          map: ({ object }) => {
            if (isBroken) throw new Error('broken map');
            return [{ namespace: 'a', name: object.metadata.name }];
          },
        }),
      ],
    });
    env.secrets.put(secret('one'));
    await settle();
    isBroken = false;
    env.secrets.put(secret('two'));
    await settle();
    assert.deepEqual(env.seen, ['a/two']);
    assert.match(String(env.log.find(({ what }) => what === 'map function')?.['error']), /broken/);
  });

  test('sees the type of its objects', () => {
    watch(Secret, {
      map: ({ object }) => {
        // @ts-expect-error cached objects are read-only
        object.metadata.name = 'other';
        // @ts-expect-error a Secret has no such field
        return [{ name: String(object.replicas) }];
      },
    });
  });
});

describe('predicates', () => {
  const object = (change: object, version = '1'): Stored<ConfigMap> => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      uid: 'u',
      creationTimestamp: '',
      resourceVersion: version,
      generation: 1,
      ...change,
    },
  });
  const updated = (old: object, now: object, version = '2'): ObjectEvent<ConfigMap> => ({
    type: 'updated',
    old: object(old),
    object: object(now, version),
  });
  const added: ObjectEvent<ConfigMap> = { type: 'added', object: object({}), isInitial: false };
  const deleted: ObjectEvent<ConfigMap> = {
    type: 'deleted',
    object: object({}),
    isFinalState: true,
  };
  const yes: Predicate = () => true;
  const no: Predicate = () => false;

  const cases: readonly [string, Predicate<ConfigMap>, ObjectEvent<ConfigMap>, boolean][] = [
    ['generationChanged takes a new generation', generationChanged(), updated({}, { generation: 2 }), true],
    ['generationChanged leaves out a status', generationChanged(), updated({}, {}), false],
    ['generationChanged takes kinds without one', generationChanged(), updated({ generation: undefined }, { generation: undefined }), true],
    ['generationChanged takes additions', generationChanged(), added, true],
    ['generationChanged takes deletions', generationChanged(), deleted, true],
    ['labelsChanged takes a new label', labelsChanged(), updated({}, { labels: { a: 'b' } }), true],
    ['labelsChanged leaves out the same labels', labelsChanged(), updated({ labels: { a: 'b', c: 'd' } }, { labels: { c: 'd', a: 'b' } }), false],
    ['labelsChanged takes none for empty', labelsChanged(), updated({}, { labels: {} }), false],
    ['annotationsChanged takes a changed one', annotationsChanged(), updated({ annotations: { a: '1' } }, { annotations: { a: '2' } }), true],
    ['annotationsChanged leaves out labels', annotationsChanged(), updated({}, { labels: { a: 'b' } }), false],
    ['resourceVersionChanged takes any change', resourceVersionChanged(), updated({}, {}), true],
    ['resourceVersionChanged leaves out a resync', resourceVersionChanged(), updated({}, {}, '1'), false],
    ['and takes what all take', and(yes, yes), added, true],
    ['and leaves out what one leaves out', and(yes, no), added, false],
    ['and of none takes everything', and(), added, true],
    ['or takes what one takes', or(no, yes), added, true],
    ['or of none takes nothing', or(), added, false],
    ['not turns around', not(yes), added, false],
  ]; // prettier-ignore
  for (const [name, predicate, event, expected] of cases) {
    test(name, () => {
      assert.equal(predicate(event), expected);
    });
  }
});
