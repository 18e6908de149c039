import {
  isControlledBy,
  isNotFound,
  Lease,
  PersistentVolumeClaim,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache } from '@kubewright/runtime';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import { foreignObjectError } from '../apply/apply-error.ts';
import { managedObjects } from '../apply/object-applier.ts';
import type { ClusterContext } from '../objects/cluster-context.ts';
import type { Beginning } from '../objects/lease.ts';
import { claimName } from '../objects/names.ts';
import type { Refusal } from '../status/judgement.ts';
import { adoptClaims, dataClaims, judgeClaims } from './claims.ts';

/** How far a database is. */
export type Start =
  /** It has its Lease: the agents know what to do. */
  | { readonly type: 'begun' }
  | { readonly type: 'begins'; readonly beginning: Beginning }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** Where {@link startOf} looks. */
export interface StartOptions {
  readonly client: Client;
  readonly cache: Cache;
  readonly signal: AbortSignal;
}

/**
 * Finds out how a database begins that has no Lease yet, and makes the claims that it begins with its own.
 *
 * @throws NameTakenError when somebody else has a Lease of the name.
 * @throws PredecessorError while that of an earlier cluster of the same name is there.
 */
export async function startOf(
  cluster: DeepReadonly<Stored<DatabaseCluster>>,
  context: ClusterContext,
  options: StartOptions,
): Promise<Start> {
  const { client, cache, signal } = options;
  if (await hasLease(cluster, context, options)) return { type: 'begun' };
  const { namespace, name, uid } = context;
  const claims = dataClaims(cache, namespace, name);
  const known = new Map(claims.map((claim) => [claim.metadata.name, claim]));
  // Also claims that carry none of our labels: a pod would take them for its own.
  for (const claim of await claimsByName(context, options)) known.set(claim.metadata.name, claim);
  const verdict = judgeClaims(cluster, [...known.values()]);
  if (verdict.type === 'refused') return verdict;
  await adoptClaims(client, verdict.toAdopt, uid, signal);
  return { type: 'begins', beginning: verdict.beginning };
}

/**
 * Whether the cluster has its Lease. That of an earlier cluster of this name is about to be collected: who took it for the
 * own one would never look at the claims.
 */
async function hasLease(
  owner: DeepReadonly<Stored<DatabaseCluster>>,
  { namespace, names }: ClusterContext,
  { client, cache, signal }: StartOptions,
): Promise<boolean> {
  const ref = { namespace, name: names.lease };
  const known = managedObjects(cache, Lease).get(ref);
  if (known !== undefined && isControlledBy(known, owner)) return true;
  let live: Stored<Lease>;
  try {
    live = await client.get(Lease, ref, { signal });
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
  if (!isControlledBy(live, owner)) throw foreignObjectError(Lease.kind, names.lease, live, owner);
  return true;
}

async function claimsByName(
  { name, namespace, settings }: ClusterContext,
  { client, signal }: StartOptions,
): Promise<Stored<PersistentVolumeClaim>[]> {
  const found: Stored<PersistentVolumeClaim>[] = [];
  for (let ordinal = 0; ordinal < settings.instances; ordinal += 1) {
    try {
      const ref = { namespace, name: claimName(name, ordinal) };
      found.push(await client.get(PersistentVolumeClaim, ref, { signal }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return found;
}
