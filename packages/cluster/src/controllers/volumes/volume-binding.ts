import {
  deepEqual,
  isNotFound,
  PersistentVolume,
  PersistentVolumeClaim,
  type DeepReadonly,
  type PersistentVolumeStatus,
  type Stored,
} from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import { isForClaim, type ReadonlyClaim, type ReadonlyVolume } from './match-volume.ts';
import { bindCompleted, boundByController } from './volume-annotations.ts';

type Writer = Pick<ReconcileContext, 'client' | 'signal'>;

/**
 * Binds a claim and a volume to each other in four writes, each left out when it is done: the volume first, so that
 * nobody else takes it. Cut off anywhere it can be repeated.
 */
export async function bind(
  volume: ReadonlyVolume,
  claim: ReadonlyClaim,
  writer: Writer,
): Promise<void> {
  const taken = await setPhase(await takeVolume(volume, claim, writer), { phase: 'Bound' }, writer);
  const pointed = await pointToVolume(claim, taken, writer);
  await setClaimStatus(pointed, 'Bound', taken, writer);
}

/** Reserves a volume for a claim. */
export async function takeVolume(
  volume: ReadonlyVolume,
  claim: ReadonlyClaim,
  { client, signal }: Writer,
): Promise<ReadonlyVolume> {
  if (volume.spec?.claimRef?.uid === claim.metadata.uid) return volume;
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    namespace,
    name,
    uid,
    apiVersion: 'v1',
    resourceVersion,
  };
  const annotations = isForClaim(volume, claim) ? {} : { [boundByController]: 'yes' };
  const body = { metadata: { ...identityOf(volume), annotations }, spec: { claimRef } };
  return client.patch(
    PersistentVolume,
    { name: volume.metadata.name },
    { type: 'merge', body },
    { signal },
  );
}

async function pointToVolume(
  claim: ReadonlyClaim,
  volume: ReadonlyVolume,
  { client, signal }: Writer,
): Promise<ReadonlyClaim> {
  const isPointed = claim.spec?.volumeName === volume.metadata.name;
  if (isPointed && claim.metadata.annotations?.[bindCompleted] !== undefined) return claim;
  const annotations = {
    [bindCompleted]: 'yes',
    ...(isPointed ? {} : { [boundByController]: 'yes' }),
  };
  const { name, namespace } = claim.metadata;
  const body = {
    metadata: { ...identityOf(claim), annotations },
    spec: { volumeName: volume.metadata.name },
  };
  return client.patch(
    PersistentVolumeClaim,
    { name, namespace },
    { type: 'merge', body },
    { signal },
  );
}

/** Writes the phase of a claim and what it got; nothing when it is so already. */
export async function setClaimStatus(
  claim: ReadonlyClaim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume: ReadonlyVolume | undefined,
  { client, signal }: Writer,
): Promise<ReadonlyClaim> {
  const { accessModes: _modes, capacity: present, ...rest } = claim.status ?? {};
  // The capacity is the volume's at the time of the binding; afterwards it is for whoever resizes it.
  const capacity = claim.status?.phase === phase ? present : volume?.spec?.capacity;
  const got =
    volume === undefined
      ? {}
      : {
          accessModes: volume.spec?.accessModes,
          ...(capacity === undefined ? {} : { capacity: { storage: capacity['storage'] } }),
        };
  const status = { ...rest, phase, ...got };
  if (deepEqual(claim.status, status)) return claim;
  // The object is not changed, only copied into the request.
  const draft = { ...claim, status } as Stored<PersistentVolumeClaim>;
  return client.updateStatus(PersistentVolumeClaim, draft, { signal });
}

/** Writes the phase of a volume; nothing when it has it already. */
export async function setPhase(
  volume: ReadonlyVolume,
  { phase, message }: Pick<PersistentVolumeStatus, 'phase' | 'message'>,
  { client, signal }: Writer,
): Promise<ReadonlyVolume> {
  if (volume.status?.phase === phase) return volume;
  const { message: _, ...rest } = volume.status ?? {};
  const status = { ...rest, phase, ...(message ? { message } : {}) };
  // As above.
  return client.updateStatus(PersistentVolume, { ...volume, status } as Stored<PersistentVolume>, {
    signal,
  });
}

/** Takes a volume back from a claim that is bound elsewhere; one that the user reserved stays reserved. */
export async function unbind(volume: ReadonlyVolume, writer: Writer): Promise<void> {
  const isOurs = volume.metadata.annotations?.[boundByController] !== undefined;
  const metadata = {
    ...identityOf(volume),
    ...(isOurs ? { annotations: { [boundByController]: null } } : {}),
  };
  const claimRef = isOurs ? null : { uid: null };
  const freed = await writer.client.patch(
    PersistentVolume,
    { name: volume.metadata.name },
    { type: 'merge', body: { metadata, spec: { claimRef } } },
    { signal: writer.signal },
  );
  await setPhase(freed, { phase: 'Available' }, writer);
}

/** The claim that a volume refers to, by name and uid: from the cache, or from the server before it counts as gone. */
export async function claimOfVolume(
  volume: ReadonlyVolume,
  { cache, client, signal }: Pick<ReconcileContext, 'cache' | 'client' | 'signal'>,
): Promise<ReadonlyClaim | undefined> {
  const { name = '', namespace, uid } = volume.spec?.claimRef ?? {};
  const known = cache.get(PersistentVolumeClaim, { name, namespace });
  if (known?.metadata.uid === uid) return known;
  try {
    const fresh = await client.get(PersistentVolumeClaim, { name, namespace }, { signal });
    return fresh.metadata.uid === uid ? fresh : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function identityOf({ metadata }: DeepReadonly<Stored<PersistentVolume | PersistentVolumeClaim>>): {
  uid: string;
  resourceVersion: string;
} {
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
}
