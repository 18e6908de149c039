import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CacheError } from '../src/cache/index.ts';
import { ObjectStore } from '../src/cache/object-store.ts';
import { SecondaryIndex } from '../src/cache/secondary-index.ts';

describe('SecondaryIndex', () => {
  test('finds exactly the keys whose present object has the value, whatever came before', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const values = fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 4 });
    const change = fc.record({ key, values: fc.option(values, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40, size: 'max' }), (changes) => {
        const index = new SecondaryIndex<readonly string[]>(
          (object) => object,
          () => assert.fail(),
        );
        const model = new Map<string, readonly string[]>();
        for (const each of changes) {
          if (each.values === undefined) {
            index.delete(each.key);
            model.delete(each.key);
          } else {
            index.set(each.key, each.values);
            model.set(each.key, each.values);
          }
          for (const value of ['x', 'y', 'z']) {
            const expected = [...model].filter(([, has]) => has.includes(value)).map(([at]) => at);
            assert.deepEqual([...index.keys(value)].sort(), expected.sort());
          }
          assert.equal(index.bucketCount, new Set([...model.values()].flat()).size);
        }
      }),
    );
  });

  test('leaves out an object whose function throws, and reports it', () => {
    const errors: unknown[] = [];
    const index = new SecondaryIndex<string>(
      (object) => {
        if (object === 'bad') throw new Error('broken index');
        return [object];
      },
      (error) => errors.push(error),
    );
    index.set('a', 'good');
    index.set('a', 'bad');
    assert.deepEqual([...index.keys('good')], []);
    assert.equal(errors.length, 1);
  });
});

describe('ObjectStore', () => {
  const object = (key: string, value: string) => {
    const [namespace = '', name = ''] = key.split('/');
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name, uid: key, resourceVersion: '1', creationTimestamp: '' },
      data: { value },
    };
  };
  const newStore = () => new ObjectStore<ReturnType<typeof object>>(() => assert.fail());

  test('files what is there when an index is added', () => {
    const store = newStore();
    store.set(object('a/one', 'x'));
    store.addIndex('value', ({ data }) => [data.value]);
    assert.deepEqual([...store.keysByIndex('value', 'x')], ['a/one']);
  });

  test('takes the same index twice and refuses another one of that name', () => {
    const store = newStore();
    const byValue = ({ data }: ReturnType<typeof object>) => [data.value];
    store.addIndex('value', byValue);
    store.addIndex('value', byValue);
    assert.throws(
      () => store.addIndex('value', () => []),
      (error) => error instanceof CacheError && error.code === 'INDEX_TAKEN',
    );
  });

  test('follows an object that moves between values, and forgets one that is deleted', () => {
    const store = newStore();
    store.addIndex('value', ({ data }) => [data.value]);
    store.set(object('a/one', 'x'));
    store.set(object('a/one', 'y'));
    assert.deepEqual([...store.keysByIndex('value', 'x')], []);
    assert.deepEqual([...store.keysByIndex('value', 'y')], ['a/one']);
    store.delete('a/one');
    store.delete('a/one');
    assert.deepEqual([...store.keysByIndex('value', 'y')], []);
    assert.deepEqual([...store.keysInNamespace('a')], []);
    assert.equal(store.size, 0);
  });
});
