import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConfigMap, Stored } from '@kubewright/apimachinery';
import { ObjectStore } from '../src/cache/object-store.ts';
import { PendingWrites } from '../src/cache/pending-writes.ts';
import { WatchedNamespace } from '../src/cache/watched-namespace.ts';

function object(name: string, version: string, uid = name): Stored<ConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, uid, resourceVersion: version, creationTimestamp: '' },
  };
}

/** A namespace with what it told, one line an event. */
function watched() {
  const told: string[] = [];
  const objects = new ObjectStore<ConfigMap>(() => assert.fail());
  const pending = new PendingWrites(new ObjectStore<ConfigMap>(() => assert.fail()));
  const namespace = new WatchedNamespace<ConfigMap>({
    namespace: undefined,
    objects,
    pending,
    transform: (received) => received,
    onEvent: (event) => {
      const { name, resourceVersion } = event.object.metadata;
      told.push(`${event.type} ${name}@${resourceVersion}`);
    },
  });
  return {
    told,
    objects,
    pending,
    namespace,
    store: (name: string, version: string, uid?: string) => {
      namespace.apply({ type: 'store', object: object(name, version, uid) });
    },
    remove: (name: string, version: string, uid?: string) => {
      namespace.apply({ type: 'remove', object: object(name, version, uid) });
    },
    begin: (isAuthoritative = false) => {
      namespace.apply({ type: 'begin', isAuthoritative });
    },
    complete: (version: string) => {
      namespace.apply({ type: 'complete', version });
    },
  };
}

/** The same, after a first picture of version 10 with an object `a`. */
function synced(version = '9') {
  const env = watched();
  env.begin();
  env.store('a', version);
  env.complete('10');
  env.told.length = 0;
  return env;
}

describe('a change', () => {
  test('that is older than what is known is left out', () => {
    const env = synced();
    env.store('a', '12');
    env.store('a', '11');
    env.store('a', '12');
    assert.deepEqual(env.told, ['updated a@12']);
  });

  test('that takes an object away does not take what came back after it', () => {
    const env = synced();
    env.store('a', '12');
    env.remove('a', '11');
    assert.deepEqual(env.told, ['updated a@12']);
    env.remove('a', '13');
    assert.deepEqual(env.told, ['updated a@12', 'deleted a@13']);
  });

  test('that takes an object away counts with the version it last had, too', () => {
    const env = synced();
    env.remove('a', '9');
    assert.deepEqual(env.told, ['deleted a@9']);
  });
});

describe('a new picture', () => {
  test('yields what was missed, in both directions', () => {
    const env = synced();
    env.begin();
    env.store('b', '15');
    env.complete('20');
    assert.deepEqual(env.told, ['added b@15', 'deleted a@9']);
  });

  test('that lags behind brings nothing back before it is known how new it is', () => {
    const env = synced();
    env.begin();
    env.store('gone', '5');
    env.store('a', '8');
    assert.deepEqual(env.told, []);
    env.begin(true);
    env.store('a', '9');
    env.complete('21');
    assert.deepEqual(env.told, []);
  });

  test('that proves to be as new as what is known is believed in everything', () => {
    const env = synced();
    env.begin();
    env.store('a', '9');
    env.store('overlooked', '5');
    env.complete('10');
    assert.deepEqual(env.told, ['added overlooked@5']);
  });

  test('that is authoritative replaces newer objects', () => {
    const env = synced();
    env.store('a', '12');
    env.begin(true);
    env.store('a', '9');
    env.complete('9');
    assert.deepEqual(env.told, ['updated a@12', 'updated a@9']);
    assert.equal(env.namespace.version, '9');
  });

  test('drops pending writes of what is gone, also when versions cannot be compared', () => {
    const env = synced('opaque-1');
    env.pending.wrote(object('a', 'opaque-2'), true);
    env.begin();
    env.complete('opaque-3');
    assert.equal(env.pending.size, 0);
  });

  test('of another object under the same name is a deletion and an addition', () => {
    const env = synced();
    env.begin();
    env.store('a', '15', 'another');
    env.complete('20');
    assert.deepEqual(env.told, ['deleted a@9', 'added a@15']);
  });
});

test('a bookmark moves the version on, and pending writes that it passes leave', () => {
  const env = synced();
  env.pending.wrote(object('b', '15'), true);
  env.namespace.apply({ type: 'progress', version: '14' });
  assert.equal(env.pending.size, 1);
  env.namespace.apply({ type: 'progress', version: '15' });
  assert.equal(env.pending.size, 0);
  assert.equal(env.namespace.version, '15');
});
