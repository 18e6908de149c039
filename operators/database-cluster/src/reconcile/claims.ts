import {
  parseQuantity,
  PersistentVolumeClaim,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache, Informer } from '@kubewright/runtime';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import { annotations, clusterLabel } from '../api/labels.ts';
import { managedObjects } from '../apply/object-applier.ts';
import type { Beginning } from '../objects/lease.ts';
import { claimName, podName } from '../objects/names.ts';
import type { Refusal } from '../status/judgement.ts';

type Claim = DeepReadonly<Stored<PersistentVolumeClaim>>;

/** The claims that the operator looks at. */
export function claimInformer(cache: Cache): Informer<PersistentVolumeClaim> {
  return managedObjects(cache, PersistentVolumeClaim);
}

/** The claims that hold the data of a cluster of this name, whichever cluster made them. */
export function dataClaims(cache: Cache, namespace: string, cluster: string): readonly Claim[] {
  const prefix = claimName(cluster, 0).slice(0, -1);
  return claimInformer(cache)
    .list({ namespace })
    .filter(({ metadata }) => metadata.labels?.[clusterLabel] === cluster)
    .filter(
      ({ metadata }) =>
        /^\d+$/.test(metadata.name.slice(prefix.length)) && metadata.name.startsWith(prefix),
    );
}

/** What the claims say about how a cluster may begin. */
export type ClaimsVerdict =
  | { readonly type: 'begin'; readonly beginning: Beginning; readonly toAdopt: readonly Claim[] }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/**
 * Judges the claims that are there before a cluster has its Lease. Claims of an earlier cluster are taken over only when
 * the new one says so by an annotation.
 */
export function judgeClaims(
  cluster: DeepReadonly<Stored<DatabaseCluster>>,
  claims: readonly Claim[],
): ClaimsVerdict {
  const { name, uid } = cluster.metadata;
  const foreign = claims.filter(
    ({ metadata }) => metadata.annotations?.[annotations.clusterUid] !== uid,
  );
  const isNew: Beginning = { primary: podName(name, 0), systemIdentifier: undefined };
  const adopts = cluster.metadata.annotations?.[annotations.adoptClaims] === 'true';
  if (foreign.length > 0 && !adopts) {
    const names = foreign.map(({ metadata }) => metadata.name).join(', ');
    return {
      type: 'refused',
      refusal: {
        reason: 'ClaimsExist',
        message: `volume claims of an earlier cluster of this name exist: ${names}. Annotate this cluster with ${annotations.adoptClaims}=true to go on with their data, or delete them`,
        isBlocking: true,
      },
    };
  }
  // Claims that were adopted before the operator was interrupted tell the same as those that are yet to be.
  const primary = claims.find(
    ({ metadata }) => metadata.annotations?.[annotations.wasPrimary] === 'true',
  );
  const identity = primary?.metadata.annotations?.[annotations.systemIdentifier];
  if (primary === undefined || identity === undefined) {
    if (foreign.length === 0) return { type: 'begin', beginning: isNew, toAdopt: [] };
    return {
      type: 'refused',
      refusal: {
        reason: 'ClaimsUnknown',
        message: `no volume claim is marked as the last primary's: annotate the right one with ${annotations.wasPrimary}=true and ${annotations.systemIdentifier}=<identifier>`,
        isBlocking: true,
      },
    };
  }
  const major = primary.metadata.annotations?.[annotations.majorVersion];
  if (major !== undefined && major !== cluster.spec.version.split('.')[0]) {
    return {
      type: 'refused',
      refusal: {
        reason: 'ClaimsOfOtherVersion',
        message: `the volume claims hold data of PostgreSQL ${major}: set spec.version to ${major}`,
        isBlocking: true,
      },
    };
  }
  const ordinal = Number(primary.metadata.name.slice(claimName(name, 0).length - 1));
  const beginning = { primary: podName(name, ordinal), systemIdentifier: identity };
  return { type: 'begin', beginning, toAdopt: foreign };
}

/** Makes the claims of an earlier cluster those of this one. */
export async function adoptClaims(
  client: Client,
  claims: readonly Claim[],
  uid: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { metadata } of claims) {
    const { name, namespace, resourceVersion } = metadata;
    await client.patch(
      PersistentVolumeClaim,
      { name, namespace },
      {
        type: 'merge',
        body: { metadata: { resourceVersion, annotations: { [annotations.clusterUid]: uid } } },
      },
      { signal },
    );
  }
}

/** Lets claims grow to a size. Which claims are smaller is all that matters: they never shrink. */
export async function growClaims(
  client: Client,
  claims: readonly Claim[],
  size: string,
  signal: AbortSignal,
): Promise<void> {
  const wanted = parseQuantity(size);
  for (const { metadata, spec } of claims) {
    const present = spec?.resources?.requests?.['storage'];
    if (present === undefined || parseQuantity(present).compare(wanted) >= 0) continue;
    const { name, namespace } = metadata;
    await client.patch(
      PersistentVolumeClaim,
      { name, namespace },
      { type: 'merge', body: { spec: { resources: { requests: { storage: size } } } } },
      { signal },
    );
  }
}
