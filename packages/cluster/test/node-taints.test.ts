import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Node, Taint } from '@kubewright/apimachinery';
import { taintsFor } from '../src/controllers/node/node-taints.ts';

const node = (ready: string, taints: Taint[] = [], unschedulable = false): Node => ({
  metadata: { name: 'n' },
  spec: { taints, unschedulable },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

describe('taints of a node', () => {
  test('go when it is ready, but for those of others', () => {
    const own = { key: 'example.com/gpu', effect: 'NoSchedule' };
    assert.deepEqual(taintsFor(node('True', [notReady, own]), 'now'), [own]);
  });

  test('say that it is not ready, or not to be reached', () => {
    const keys = (status: string): string[] =>
      taintsFor(node(status), 'now').map(({ key, effect }) => `${key}:${effect}`);
    assert.deepEqual(keys('False'), [
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ]);
    assert.deepEqual(keys('Unknown'), [
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
  });

  test('keep the time they were added', () => {
    const since = { ...notReady, timeAdded: 'then' };
    assert.deepEqual(taintsFor(node('False', [since]), 'now')[0], since);
  });

  test('show that it is cordoned', () => {
    assert.deepEqual(taintsFor(node('True', [], true), 'now'), [
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: 'now' },
    ]);
  });
});
