import {
  isNotFound,
  Lease,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache } from '@kubewright/runtime';
import { annotations, leaseAnnotations } from '../api/labels.ts';
import type { ObjectApplier } from '../apply/object-applier.ts';
import { managedObjects } from '../apply/object-applier.ts';
import type { ClusterContext } from '../objects/cluster-context.ts';
import { claimName, podName } from '../objects/names.ts';
import { dataClaims } from './claims.ts';
import { clusterPods } from './cluster-pods.ts';

/** What {@link deleteCluster} works with. */
export interface DeleteOptions {
  readonly context: ClusterContext;
  readonly applier: ObjectApplier;
  readonly client: Client;
  readonly cache: Cache;
  readonly signal: AbortSignal;
}

/**
 * Takes one step towards the end of a cluster: first its pods, in good order, then its claims. The rest goes with the
 * cluster itself, by owner references.
 *
 * @returns what is being waited for; empty: nothing is left, the finalizer may go
 */
export async function deleteCluster(options: DeleteOptions): Promise<string> {
  const { context, applier, client, cache, signal } = options;
  const { namespace, names, name, uid, settings } = context;
  const claims = dataClaims(cache, namespace, name).filter(
    ({ metadata }) => metadata.annotations?.[annotations.clusterUid] === uid,
  );
  // Before anything goes: the Lease knows which claim is the one to begin with again.
  if (settings.reclaimPolicy === 'Retain') await markClaims(options, claims);
  await applier.remove(StatefulSet, namespace, names.cluster);
  const pods = clusterPods(cache, context);
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp === undefined) await remove(client, Pod, pod, signal);
  }
  if (managedObjects(cache, StatefulSet).get({ namespace, name: names.cluster }) !== undefined) {
    return `waiting for StatefulSet ${names.cluster} to go`;
  }
  const [pod] = pods;
  if (pod !== undefined) return `waiting for pod ${pod.metadata.name} to end`;
  if (settings.reclaimPolicy === 'Retain') return '';
  for (const claim of claims) {
    if (claim.metadata.deletionTimestamp === undefined) {
      await remove(client, PersistentVolumeClaim, claim, signal);
    }
  }
  const [claim] = claims;
  return claim === undefined ? '' : `waiting for volume claim ${claim.metadata.name} to go`;
}

/** Notes on each claim whether it was the primary's, for a later cluster that goes on with it. */
async function markClaims(
  { context, client, signal }: DeleteOptions,
  claims: readonly DeepReadonly<Stored<PersistentVolumeClaim>>[],
): Promise<void> {
  const { namespace, names, name } = context;
  let lease: Stored<Lease>;
  try {
    lease = await client.get(Lease, { namespace, name: names.lease }, { signal });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const primary = lease.metadata.annotations?.[leaseAnnotations.primary];
  const identity = lease.metadata.annotations?.[leaseAnnotations.systemIdentifier];
  if (!primary || !identity) return;
  for (const { metadata } of claims) {
    const ordinal = Number(metadata.name.slice(claimName(name, 0).length - 1));
    const marks = {
      [annotations.wasPrimary]: String(primary === podName(name, ordinal)),
      [annotations.systemIdentifier]: identity,
    };
    const isMarked = Object.entries(marks).every(
      ([key, value]) => metadata.annotations?.[key] === value,
    );
    if (isMarked) continue;
    await client.patch(
      PersistentVolumeClaim,
      { namespace, name: metadata.name },
      { type: 'merge', body: { metadata: { annotations: marks } } },
      { signal },
    );
  }
}

async function remove<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  {
    metadata,
  }: {
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string | undefined;
      readonly uid: string;
    };
  },
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid } = metadata;
  try {
    await client.delete(resource, { name, namespace }, { preconditions: { uid }, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
