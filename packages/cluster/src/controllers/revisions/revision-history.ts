import {
  ControllerRevision,
  isAlreadyExists,
  isNotFound,
  ownerReference,
  type DeepReadonly,
  type KubernetesObject,
  type PodTemplateSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import {
  byRevision,
  isSameRevision,
  revisionData,
  revisionHash,
  revisionHashLabel,
  revisionName,
} from './controller-revision.ts';

type Revision = DeepReadonly<Stored<ControllerRevision>>;

/** A workload whose templates are kept as ControllerRevisions. */
export interface RevisionedWorkload {
  readonly object: DeepReadonly<Stored<KubernetesObject>>;
  readonly template: DeepReadonly<PodTemplateSpec> | undefined;
  /** How often the name of a new revision belonged to another one. */
  readonly collisionCount: number;
  /** Label of a revision with its hash. Default: that of StatefulSets. */
  readonly hashLabel?: string;
}

/** The revision of the present template. */
export interface EnsuredRevision {
  readonly revision: Revision;
  readonly collisionCount: number;
}

/**
 * The revision that keeps the present template: the last one if nothing changed; an older one, made the newest, after
 * a step back; otherwise a new one.
 *
 * @param revisions all of the workload.
 */
export async function ensureRevision(
  workload: RevisionedWorkload,
  revisions: readonly Revision[],
  context: Pick<ReconcileContext, 'client' | 'signal'>,
): Promise<EnsuredRevision> {
  const { collisionCount } = workload;
  const data = revisionData(workload.template);
  const sorted = byRevision(revisions);
  const newest = sorted.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  const equal = sorted.findLast((revision) => isSameRevision(revision, { data }));
  if (equal === undefined) return createRevision(workload, data, next, context);
  if (newest !== undefined && isSameRevision(equal, newest))
    return { revision: newest, collisionCount };
  const { name, namespace, uid, resourceVersion } = equal.metadata;
  const revision = await context.client.patch(
    ControllerRevision,
    { name, namespace },
    { type: 'merge', body: { metadata: { uid, resourceVersion }, revision: next } },
    { signal: context.signal },
  );
  return { revision, collisionCount };
}

async function createRevision(
  { object, template, collisionCount, hashLabel = revisionHashLabel }: RevisionedWorkload,
  data: Record<string, unknown>,
  revision: number,
  { client, signal }: Pick<ReconcileContext, 'client' | 'signal'>,
): Promise<EnsuredRevision> {
  const { name: workload, namespace, annotations } = object.metadata;
  // The label keeps the first hash also when the name has to avoid another one.
  const labels = {
    ...template?.metadata?.labels,
    [hashLabel]: revisionHash(data, collisionCount),
  };
  for (let collisions = collisionCount; ; collisions += 1) {
    const name = revisionName(workload, revisionHash(data, collisions));
    const metadata = {
      name,
      namespace,
      labels,
      annotations: { ...annotations },
      ownerReferences: [ownerReference(object)],
    };
    try {
      const created = await client.create(
        ControllerRevision,
        { metadata, data, revision },
        { signal },
      );
      return { revision: created, collisionCount: collisions };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await client.get(ControllerRevision, { name, namespace }, { signal });
      // Ours from a run that was cut off, before the cache knew of it.
      if (isSameRevision(existing, { data }))
        return { revision: existing, collisionCount: collisions };
    }
  }
}

/** Deletes the oldest revisions that nothing uses, beyond the number that is kept. */
export async function forgetRevisions(
  revisions: readonly Revision[],
  inUse: ReadonlySet<string>,
  limit: number,
  { client, signal }: Pick<ReconcileContext, 'client' | 'signal'>,
): Promise<void> {
  const unused = byRevision(revisions).filter(({ metadata }) => !inUse.has(metadata.name));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    const { name, namespace, uid } = metadata;
    await client
      .delete(ControllerRevision, { name, namespace }, { preconditions: { uid }, signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}
