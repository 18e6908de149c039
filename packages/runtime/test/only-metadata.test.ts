import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Stored } from '@kubewright/apimachinery';
import { onlyMetadata } from '../src/index.ts';

test('only identity and bonds of an object are kept', () => {
  const kept = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'settings',
      namespace: 'default',
      uid: '1',
      resourceVersion: '2',
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-01-01T00:00:01Z',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Secret', name: 'owner', uid: '3' }],
      finalizers: ['example.com/lingers'],
    },
  };
  const whole: Stored<ConfigMap> = {
    ...kept,
    metadata: { ...kept.metadata, labels: { app: 'a' }, annotations: { note: 'long' } },
    data: { level: 'info' },
  };
  assert.deepEqual(onlyMetadata(whole), kept);
});
