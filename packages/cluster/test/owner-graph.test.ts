import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pod, ReplicaSet, type OwnerReference } from '@kubewright/apimachinery';
import {
  graphNode,
  OwnerGraph,
  type GraphNode,
} from '../src/controllers/garbage-collector/owner-graph.ts';
import { planFor, type OwnerState } from '../src/controllers/garbage-collector/plan.ts';

const owner = (uid: string, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: uid,
  uid,
  controller: true,
  blockOwnerDeletion,
});
const child = (
  uid: string,
  owners: OwnerReference[],
  more: { finalizers?: string[]; deletionTimestamp?: string } = {},
): GraphNode =>
  graphNode(Pod, { uid, name: uid, namespace: 'default', ownerReferences: owners, ...more });
const plan = (
  node: GraphNode,
  states: Record<string, OwnerState>,
  dependents: GraphNode[] = [],
): ReturnType<typeof planFor> => planFor(node, ({ uid }) => states[uid] ?? 'absent', dependents);

describe('owner graph', () => {
  test('knows dependents of an owner it has not seen yet', () => {
    const graph = new OwnerGraph();
    graph.put(child('a', [owner('rs')]));
    assert.deepEqual(
      graph.dependentsOf('rs').map(({ uid }) => uid),
      ['a'],
    );
  });

  test('follows a change of owners', () => {
    const graph = new OwnerGraph();
    graph.put(child('a', [owner('one')]));
    graph.put(child('a', [owner('two')]));
    assert.deepEqual(graph.dependentsOf('one'), []);
    assert.deepEqual(
      graph.dependentsOf('two').map(({ uid }) => uid),
      ['a'],
    );
  });

  test('remembers what is gone for as long as somebody depends on it', () => {
    const graph = new OwnerGraph();
    const one = graphNode(ReplicaSet, { uid: 'one', name: 'one' });
    graph.put(one);
    graph.put(child('a', [owner('one')]));
    graph.remove('one');
    assert.equal(graph.gone('one'), one);
    graph.put(child('a', []));
    assert.equal(graph.gone('one'), undefined);
  });

  test('does not take what it forgets, or what nobody depends on, for gone', () => {
    const graph = new OwnerGraph();
    graph.put(graphNode(ReplicaSet, { uid: 'one', name: 'one' }));
    graph.put(graphNode(ReplicaSet, { uid: 'two', name: 'two' }));
    graph.put(child('a', [owner('one')]));
    graph.forget('one');
    graph.remove('two');
    assert.deepEqual([graph.gone('one'), graph.gone('two')], [undefined, undefined]);
    assert.equal(graph.get('one'), undefined);
  });

  test('keeps the dependents of what is removed', () => {
    const graph = new OwnerGraph();
    graph.put(graphNode(ReplicaSet, { uid: 'rs', name: 'rs' }));
    graph.put(child('a', [owner('rs')]));
    graph.remove('rs');
    assert.deepEqual(
      graph.dependentsOf('rs').map(({ uid }) => uid),
      ['a'],
    );
    assert.equal(graph.size, 1);
  });
});

describe('garbage collection', () => {
  test('leaves alone what has an owner, or never had one', () => {
    assert.equal(plan(child('a', [owner('rs')]), { rs: 'solid' }).type, 'nothing');
    assert.equal(plan(child('a', []), {}).type, 'nothing');
  });

  test('deletes what all owners have left', () => {
    assert.deepEqual(plan(child('a', [owner('rs'), owner('x')]), {}), {
      type: 'delete',
      propagationPolicy: 'Background',
    });
  });

  test('drops only the references to owners that are gone', () => {
    const kept = owner('rs');
    assert.deepEqual(plan(child('a', [owner('gone'), kept]), { rs: 'solid' }), {
      type: 'disown',
      ownerReferences: [kept],
    });
  });

  test('deletes a dependent that has dependents in the foreground when its owner waits', () => {
    const grandchild = child('b', [owner('a')]);
    assert.deepEqual(plan(child('a', [owner('rs')]), { rs: 'waiting' }, [grandchild]), {
      type: 'delete',
      propagationPolicy: 'Foreground',
    });
  });

  test('keeps no owner waiting that waits for what waits itself', () => {
    const waiting = child('b', [owner('a')], {
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: '2026-01-01T00:00:00Z',
    });
    const soft = owner('rs', false);
    assert.deepEqual(
      plan(child('a', [owner('b'), soft]), { b: 'waiting', rs: 'waiting' }, [waiting]),
      {
        type: 'unblock',
        ownerReferences: [owner('b', false), soft],
      },
    );
    assert.deepEqual(plan(child('a', [soft]), { rs: 'waiting' }, [waiting]), {
      type: 'delete',
      propagationPolicy: 'Foreground',
    });
  });

  test('lets a waiting owner go when nothing blocks it', () => {
    const waiting = child('rs', [], {
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['foregroundDeletion'],
    });
    assert.equal(plan(waiting, {}, [child('a', [owner('rs')])]).type, 'wait');
    assert.deepEqual(plan(waiting, {}, [child('a', [owner('rs', false)])]), {
      type: 'remove-finalizer',
      finalizer: 'foregroundDeletion',
    });
  });

  test('cuts dependents loose before an orphaning owner goes', () => {
    const orphaning = child('rs', [], {
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['orphan'],
    });
    const dependent = child('a', [owner('rs')]);
    assert.deepEqual(plan(orphaning, {}, [dependent]), {
      type: 'orphan-dependents',
      dependents: [dependent],
    });
  });
});
