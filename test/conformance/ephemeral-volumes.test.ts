import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import {
  EventsV1Event,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { QuotaProbe } from './quota-probe.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

describeOnEachServer('ephemeral volumes', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let probe: QuotaProbe;

  before(async () => {
    client = await environment().client();
    probe = await QuotaProbe.start(client, await environment().newNamespace());
  });
  beforeEach(async () => {
    namespace = await environment().newNamespace();
  });

  const claimRef = () => ({ namespace, name: 'worker-scratch' });
  const spec = {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'absent',
    resources: { requests: { storage: '1Gi' } },
  };
  const makePod = (): Promise<Stored<Pod>> =>
    client.create(Pod, {
      metadata: { namespace, name: 'worker' },
      spec: {
        schedulerName: 'nobody',
        containers: [{ name: 'main', image: 'example.com/worker:1' }],
        volumes: [
          {
            name: 'scratch',
            ephemeral: {
              volumeClaimTemplate: {
                metadata: { labels: { tier: 'scratch' }, annotations: { note: 'x' } },
                spec,
              },
            },
          },
        ],
      },
    });
  const untilClaim = (): Promise<Stored<PersistentVolumeClaim>> =>
    untilObject(client, PersistentVolumeClaim, claimRef(), () => true);
  const untilTold = async (type: string, reason: string, note: string): Promise<void> => {
    await untilState(client, EventsV1Event, { namespace }, (found) =>
      found.some(
        (event) =>
          event.regarding?.kind === 'Pod' &&
          event.type === type &&
          event.reason === reason &&
          event.note === note,
      ),
    );
  };

  test('get a claim of their own, which the pod owns', async () => {
    const pod = await makePod();
    const { metadata, ...claim } = await untilClaim();
    assert.deepEqual(
      [metadata.labels, metadata.annotations, metadata.ownerReferences, claim.spec],
      [
        { tier: 'scratch' },
        { note: 'x' },
        [
          {
            apiVersion: 'v1',
            kind: 'Pod',
            name: 'worker',
            uid: pod.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
        { ...spec, volumeMode: 'Filesystem' },
      ],
    );
  });

  test('go with their pod', async () => {
    await makePod();
    await untilClaim();
    await client.delete(Pod, { namespace, name: 'worker' });
    await untilGone(client, PersistentVolumeClaim, claimRef());
  });

  test('get their claim again when somebody deletes it', async () => {
    await makePod();
    const { metadata } = await untilClaim();
    await client.delete(PersistentVolumeClaim, claimRef());
    await untilObject(
      client,
      PersistentVolumeClaim,
      claimRef(),
      (claim) => claim.metadata.uid !== metadata.uid,
    );
  });

  test('take nothing that belongs to somebody else', async () => {
    await client.create(PersistentVolumeClaim, { metadata: claimRef(), spec });
    await makePod();
    // As long as a real controller does not know the claim, it tells first that there is one already.
    await untilTold(
      'Warning',
      'FailedBinding',
      `ephemeral volume scratch: PVC ${namespace}/worker-scratch was not created for pod ${namespace}/worker (pod is not owner)`,
    );
  });

  test('tell of a claim that may not be made', async () => {
    const quota = { namespace, name: 'none' };
    const hard = { 'requests.storage': '500Mi' };
    await client.create(ResourceQuota, { metadata: quota, spec: { hard } });
    await untilObject(client, ResourceQuota, quota, ({ status }) => status?.used !== undefined);
    await probe.untilInForce();
    await makePod();
    await untilTold(
      'Warning',
      'FailedBinding',
      'ephemeral volume scratch: create PVC worker-scratch: persistentvolumeclaims "worker-scratch" is forbidden: exceeded quota: none, requested: requests.storage=1Gi, used: requests.storage=0, limited: requests.storage=500Mi',
    );
  });
});
