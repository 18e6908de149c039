import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import {
  EventsV1Event,
  findCondition,
  isNotFound,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { PlayedNode, setPodStatus } from './played-node.ts';
import { refusalOf } from './refusal.ts';
import { untilAnswer } from './until-answer.ts';
import { untilGone, untilObject, untilState } from './until-object.ts';

type VolumeSpec = NonNullable<PersistentVolume['spec']>;
type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

describeOnEachServer('PersistentVolumes and their claims', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  /** Names of cluster-scoped objects of this test; nothing else matches its class. */
  let name: string;
  let count = 0;
  const volumes: string[] = [];
  const classes: string[] = [];

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });
  beforeEach(() => {
    count += 1;
    name = `${namespace}-${count}`;
  });
  afterEach(async () => {
    for (const each of volumes.splice(0)) {
      // Nobody plays the storage: what holds a volume is taken away by hand.
      await client
        .patch(
          PersistentVolume,
          { name: each },
          { type: 'merge', body: { metadata: { finalizers: null } } },
        )
        .then(() => client.delete(PersistentVolume, { name: each }))
        .catch(ignoreNotFound);
    }
    for (const each of classes.splice(0)) {
      await client.delete(StorageClass, { name: each }).catch(ignoreNotFound);
    }
  });
  const ignoreNotFound = (error: unknown): void => {
    if (!isNotFound(error)) throw error;
  };

  const makeVolume = async (
    spec: Partial<VolumeSpec> = {},
    suffix = '',
    labels: Record<string, string> = {},
  ): Promise<Stored<PersistentVolume>> => {
    volumes.push(name + suffix);
    return client.create(PersistentVolume, {
      metadata: { name: name + suffix, labels },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: name,
        hostPath: { path: '/nowhere' },
        ...spec,
      },
    });
  };
  const makeClaim = (
    spec: Partial<ClaimSpec> = {},
    claimName = name,
  ): Promise<Stored<PersistentVolumeClaim>> =>
    client.create(PersistentVolumeClaim, {
      metadata: { name: claimName, namespace },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: name,
        ...spec,
      },
    });
  const makeClass = async (more: Partial<StorageClass> = {}): Promise<Stored<StorageClass>> => {
    classes.push(name);
    return client.create(StorageClass, {
      metadata: { name },
      provisioner: 'example.com/absent',
      ...more,
    });
  };
  const classless = (): PersistentVolumeClaim => ({
    metadata: { name, namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  /** A real server reads classes through a cache: it is asked until it gives this one to claims that name none. */
  const untilDefaultClass = async (wanted: string | undefined): Promise<void> => {
    await untilAnswer(
      () => client.create(PersistentVolumeClaim, classless(), { dryRun: true }),
      ({ spec }) => spec?.storageClassName === wanted,
    );
  };
  const untilClaim = (
    isWanted: (claim: Stored<PersistentVolumeClaim>) => boolean,
    claimName = name,
  ): Promise<Stored<PersistentVolumeClaim>> =>
    untilObject(client, PersistentVolumeClaim, { namespace, name: claimName }, isWanted);
  const untilVolume = (
    isWanted: (volume: Stored<PersistentVolume>) => boolean,
    suffix = '',
  ): Promise<Stored<PersistentVolume>> =>
    untilObject(client, PersistentVolume, { name: name + suffix }, isWanted);
  const isBound = ({ status }: PersistentVolumeClaim | PersistentVolume): boolean =>
    status?.phase === 'Bound';
  const isAvailable = ({ status }: PersistentVolume): boolean => status?.phase === 'Available';
  const noteOf = async (reason: string, about = name): Promise<string> => {
    const events = await untilState(client, EventsV1Event, {}, (found) =>
      found.some((event) => event.reason === reason && event.regarding?.name === about),
    );
    const event = events.find((each) => each.reason === reason && each.regarding?.name === about);
    return `${event?.type ?? ''} ${event?.note ?? ''}`;
  };

  test('binds a claim and a volume to each other', async () => {
    const made = await makeVolume({ accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] });
    await untilVolume(isAvailable);
    const asked = await makeClaim({ resources: { requests: { storage: '100Mi' } } });
    const claim = await untilClaim(isBound);
    assert.equal(claim.spec?.volumeName, name);
    assert.deepEqual(claim.metadata.annotations, {
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    });
    assert.deepEqual(claim.status, {
      phase: 'Bound',
      accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
      capacity: { storage: '1Gi' },
    });
    const volume = await untilVolume(isBound);
    const { resourceVersion: _, ...claimRef } = volume.spec?.claimRef ?? {};
    assert.deepEqual(claimRef, {
      kind: 'PersistentVolumeClaim',
      apiVersion: 'v1',
      namespace,
      name,
      uid: asked.metadata.uid,
    });
    assert.equal(volume.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], 'yes');
    assert.deepEqual(volume.metadata.finalizers, ['kubernetes.io/pv-protection']);
    assert.ok(volume.status?.lastPhaseTransitionTime);
    assert.equal(made.status?.phase, 'Pending');
  });

  test('chooses the smallest volume that fits', async () => {
    await makeVolume({ capacity: { storage: '5Gi' } }, '-big');
    await makeVolume({ capacity: { storage: '100Mi' } }, '-tiny');
    await makeVolume({}, '-fit');
    await makeVolume({ capacity: { storage: '1Gi' }, accessModes: ['ReadOnlyMany'] }, '-other');
    for (const each of ['-big', '-tiny', '-fit', '-other']) await untilVolume(isAvailable, each);
    await makeClaim();
    assert.equal((await untilClaim(isBound)).spec?.volumeName, `${name}-fit`);
  });

  test('heeds the selector of a claim', async () => {
    await makeVolume({}, '-a', { disk: 'slow' });
    await makeVolume({ capacity: { storage: '9Gi' } }, '-b', { disk: 'fast' });
    for (const each of ['-a', '-b']) await untilVolume(isAvailable, each);
    await makeClaim({ selector: { matchLabels: { disk: 'fast' } } });
    assert.equal((await untilClaim(isBound)).spec?.volumeName, `${name}-b`);
  });

  test('binds a claim to the volume that it names', async () => {
    await makeVolume({}, '-a');
    await makeVolume({ capacity: { storage: '9Gi' } }, '-b');
    for (const each of ['-a', '-b']) await untilVolume(isAvailable, each);
    await makeClaim({ volumeName: `${name}-b` });
    const claim = await untilClaim(isBound);
    assert.deepEqual(claim.metadata.annotations, { 'pv.kubernetes.io/bind-completed': 'yes' });
    await untilVolume(isBound, '-b');
    assert.equal(
      (await client.get(PersistentVolume, { name: `${name}-a` })).status?.phase,
      'Available',
    );
  });

  test('keeps a volume for the claim that it is reserved for', async () => {
    await makeVolume({ claimRef: { namespace, name: `${name}-right` } });
    await untilVolume(isAvailable);
    await makeClaim({}, `${name}-wrong`);
    await makeClaim({}, `${name}-right`);
    await untilClaim(isBound, `${name}-right`);
    const wrong = await client.get(PersistentVolumeClaim, { namespace, name: `${name}-wrong` });
    assert.equal(wrong.status?.phase, 'Pending');
    const volume = await untilVolume(isBound);
    assert.equal(volume.metadata.annotations, undefined);
  });

  test('says why the volume that a claim names will not do', async () => {
    await makeVolume({ capacity: { storage: '1Mi' } });
    await untilVolume(isAvailable);
    await makeClaim({ volumeName: name });
    assert.equal(
      await noteOf('VolumeMismatch'),
      `Warning Cannot bind to requested volume "${name}": requested PV is too small`,
    );
  });

  test('says when a claim names a volume that another one has', async () => {
    await makeVolume();
    await untilVolume(isAvailable);
    await makeClaim();
    await untilClaim(isBound);
    await makeClaim({ volumeName: name }, `${name}-late`);
    assert.equal(
      await noteOf('FailedBinding', `${name}-late`),
      `Warning volume "${name}" already bound to a different claim.`,
    );
  });

  test('says that there is no volume and no class to make one', async () => {
    await makeClaim({ storageClassName: '' });
    assert.equal(
      await noteOf('FailedBinding'),
      'Normal no persistent volumes available for this claim and no storage class is set',
    );
  });

  test('says that a class is missing', async () => {
    await makeClaim();
    assert.equal(
      await noteOf('ProvisioningFailed'),
      `Warning storageclass.storage.k8s.io "${name}" not found`,
    );
  });

  test('asks the provisioner of the class for a volume', async () => {
    await makeClass();
    await makeClaim();
    const claim = await untilClaim(({ metadata }) => metadata.annotations !== undefined);
    assert.deepEqual(claim.metadata.annotations, {
      'volume.beta.kubernetes.io/storage-provisioner': 'example.com/absent',
      'volume.kubernetes.io/storage-provisioner': 'example.com/absent',
    });
    assert.equal(
      await noteOf('ExternalProvisioning'),
      "Normal Waiting for a volume to be created either by the external provisioner 'example.com/absent' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    );
  });

  test('waits for a pod where the class says so, and names it', async () => {
    await makeClass({ volumeBindingMode: 'WaitForFirstConsumer' });
    const waiting = 'Normal waiting for first consumer to be created before binding';
    // A real controller that does not know the class yet would bind at once: a claim with no volume tells when it does.
    await makeClaim({}, `${name}-early`);
    assert.equal(await noteOf('WaitForFirstConsumer', `${name}-early`), waiting);
    await makeVolume();
    await untilVolume(isAvailable);
    await makeClaim();
    assert.equal(await noteOf('WaitForFirstConsumer'), waiting);
    assert.equal((await untilVolume(isAvailable)).spec?.claimRef, undefined);
  });

  test('gives claims that name no class the default one, the newest if there are several', async () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await makeClass({ metadata: { name, annotations } });
    try {
      await untilDefaultClass(name);
    } finally {
      await client.delete(StorageClass, { name });
    }
  });

  test('gives an older claim the default class when there is one at last', async () => {
    await untilDefaultClass(undefined);
    const { spec } = await client.create(PersistentVolumeClaim, classless());
    assert.equal(spec?.storageClassName, undefined);
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await makeClass({ metadata: { name, annotations } });
    try {
      await untilClaim((claim) => claim.spec?.storageClassName === name);
    } finally {
      await client.delete(StorageClass, { name });
    }
  });

  test('releases a volume whose claim is gone, and keeps its content from the next', async () => {
    await makeVolume();
    await untilVolume(isAvailable);
    await makeClaim();
    await untilClaim(isBound);
    await client.delete(PersistentVolumeClaim, { namespace, name });
    await untilGone(client, PersistentVolumeClaim, { namespace, name });
    const released = await untilVolume(({ status }) => status?.phase === 'Released');
    assert.equal(released.spec?.claimRef?.name, name);
    await makeClaim();
    await noteOf('ProvisioningFailed');
    assert.equal((await client.get(PersistentVolume, { name })).status?.phase, 'Released');
  });

  test('says when a volume should be deleted that nobody can delete', async () => {
    await makeVolume({
      persistentVolumeReclaimPolicy: 'Delete',
      local: { path: '/nowhere' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'Exists' }] },
          ],
        },
      },
      hostPath: undefined,
    });
    await untilVolume(isAvailable);
    await makeClaim();
    await untilClaim(isBound);
    await client.delete(PersistentVolumeClaim, { namespace, name });
    const message = `error getting deleter volume plugin for volume "${name}": no volume plugin matched`;
    const failed = await untilVolume(({ status }) => status?.phase === 'Failed');
    assert.equal(failed.status?.message, message);
    assert.equal(await noteOf('VolumeFailedDelete'), `Warning ${message}`);
  });

  test('leaves the deletion of a provisioned volume to its provisioner', async () => {
    volumes.push(name);
    await client.create(PersistentVolume, {
      metadata: {
        name,
        annotations: { 'pv.kubernetes.io/provisioned-by': 'example.com/absent' },
      },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: name,
        persistentVolumeReclaimPolicy: 'Delete',
        hostPath: { path: '/nowhere' },
      },
    });
    await untilVolume(isAvailable);
    await makeClaim();
    await untilClaim(isBound);
    await client.delete(PersistentVolumeClaim, { namespace, name });
    await untilVolume(({ status }) => status?.phase === 'Released');
  });

  test('calls a claim lost when its volume is gone', async () => {
    await makeVolume();
    await untilVolume(isAvailable);
    await makeClaim();
    await untilClaim(isBound);
    await client.delete(PersistentVolume, { name });
    const held = await untilVolume(({ metadata }) => metadata.deletionTimestamp !== undefined);
    assert.deepEqual(held.metadata.finalizers, ['kubernetes.io/pv-protection']);
    await client.patch(
      PersistentVolume,
      { name },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    const lost = await untilClaim(({ status }) => status?.phase === 'Lost');
    assert.deepEqual(lost.status, { phase: 'Lost' });
    assert.equal(
      await noteOf('ClaimLost'),
      'Warning Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    );
  });

  test('keeps a claim that is being deleted until the last pod on a node is done with it', async () => {
    await using node = await PlayedNode.start(client, name);
    await makeClaim();
    const pod = await client.create(Pod, {
      metadata: { name, namespace },
      spec: {
        nodeName: node.name,
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'app', image: 'app:1' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
      },
    });
    await setPodStatus(client, pod, { phase: 'Running' });
    await client.delete(PersistentVolumeClaim, { namespace, name });
    const held = await untilClaim(({ metadata }) => metadata.deletionTimestamp !== undefined);
    assert.deepEqual(held.metadata.finalizers, ['kubernetes.io/pvc-protection']);
    await client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 });
    await untilGone(client, PersistentVolumeClaim, { namespace, name });
  });

  test('keeps a claim for one pod alone from a second pod until the first is gone', async () => {
    await using node = await PlayedNode.start(client, name, {
      labels: { plays: name },
      isSchedulable: true,
    });
    await makeVolume({ accessModes: ['ReadWriteOncePod'] });
    await makeClaim({ accessModes: ['ReadWriteOncePod'] });
    await untilClaim(isBound);
    const start = async (podName: string): Promise<void> => {
      await client.create(Pod, {
        metadata: { name: podName, namespace },
        spec: {
          nodeSelector: { plays: name },
          containers: [{ name: 'app', image: 'app:1' }],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
        },
      });
    };
    const isPlaced = ({ spec }: Pod): boolean => spec?.nodeName === node.name;
    await start('first');
    await untilObject(client, Pod, { namespace, name: 'first' }, isPlaced);
    await start('second');
    const { status } = await untilObject(
      client,
      Pod,
      { namespace, name: 'second' },
      (pod) => findCondition(pod.status?.conditions, 'PodScheduled')?.status === 'False',
    );
    assert.match(
      findCondition(status?.conditions, 'PodScheduled')?.message ?? '',
      /: 1 node\(s\) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod\. .* 1 No preemption victims found for incoming pod\.$/,
    );
    await client.delete(Pod, { namespace, name: 'first' }, { gracePeriodSeconds: 0 });
    await untilObject(client, Pod, { namespace, name: 'second' }, isPlaced);
    await client.delete(Pod, { namespace, name: 'second' }, { gracePeriodSeconds: 0 });
  });

  test('refuses to change what a claim asks for, to shrink it, or to grow it without leave', async () => {
    await makeVolume();
    await untilVolume(isAvailable);
    await makeClaim();
    const bound = await untilClaim(isBound);
    const change = (spec: object) =>
      refusalOf(
        client.patch(PersistentVolumeClaim, { namespace, name }, { type: 'merge', body: { spec } }),
      );
    const immutable = /spec is immutable after creation except resources\.requests/;
    assert.match((await change({ accessModes: ['ReadOnlyMany'] })).message, immutable);
    assert.match((await change({ volumeName: 'another' })).message, immutable);
    assert.match(
      (await change({ resources: { requests: { storage: '1Mi' } } })).message,
      /spec\.resources\.requests\.storage: Forbidden: field can not be less than status\.capacity/,
    );
    assert.match(
      (await change({ resources: { requests: { storage: '2Gi' } } })).message,
      /only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize/,
    );
    assert.equal(bound.spec?.resources?.requests?.['storage'], '1Gi');
  });
});
