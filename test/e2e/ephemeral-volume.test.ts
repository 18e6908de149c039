import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/apimachinery';
import { EmbeddedCluster } from '@kubewright/cluster';
import { untilObject } from './until-object.ts';

const namespace = 'default';
const name = 'worker';
/** Longest wait for what must go, in milliseconds; it bounds a failure only. */
const limitMs = 60_000;

/** Leaves a file in its volume, and reads it back. */
const program = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const file = process.env.KUBEWRIGHT_ROOT + '/scratch/note';
  writeFileSync(file, 'kept');
  if (readFileSync(file, 'utf8') !== 'kept') process.exit(3);
`;

test('a pod gets a volume of the default class for as long as it lives', async () => {
  await using cluster = await EmbeddedCluster.start({
    images: { 'node:24': { command: [process.execPath] } },
  });
  const { client } = cluster;
  await client.create(Pod, {
    metadata: { namespace, name },
    spec: {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image: 'node:24',
          args: ['-e', program],
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
      ],
      volumes: [
        {
          name: 'scratch',
          ephemeral: {
            volumeClaimTemplate: {
              spec: {
                accessModes: ['ReadWriteOnce'],
                resources: { requests: { storage: '1Gi' } },
              },
            },
          },
        },
      ],
    },
  });
  const pod = await untilObject(client, Pod, { namespace, name }, ({ status }) =>
    ['Succeeded', 'Failed'].includes(status?.phase ?? ''),
  );
  assert.equal(pod.status?.phase, 'Succeeded', JSON.stringify(pod.status));
  const claim = await client.get(PersistentVolumeClaim, { namespace, name: 'worker-scratch' });
  assert.equal(claim.status?.phase, 'Bound');

  await client.delete(Pod, { namespace, name });

  const signal = AbortSignal.timeout(limitMs);
  for (;;) {
    const claims = await client.list(PersistentVolumeClaim, { namespace, signal });
    const volumes = await client.list(PersistentVolume, { signal });
    if (claims.items.length + volumes.items.length === 0) break;
    await pause(20, undefined, { signal });
  }
});
