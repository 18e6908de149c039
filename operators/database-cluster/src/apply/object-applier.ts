import { createHash } from 'node:crypto';
import {
  isControlledBy,
  isInvalid,
  isNotFound,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { ApplyConfiguration, Client } from '@kubewright/client';
import type { Cache, Cached, Informer } from '@kubewright/runtime';
import { annotations } from '../api/labels.ts';
import { managedSelector, operatorName } from '../objects/cluster-context.ts';
import { foreignObjectError } from './apply-error.ts';
import { covers } from './covers.ts';

/** An object to apply: it has a name and a namespace. */
type Named = KubernetesObject & {
  metadata: { name?: string | undefined; namespace?: string | undefined };
};

/** Where an {@link ObjectApplier} works. */
export interface ObjectApplierOptions {
  readonly client: Client;
  readonly cache: Cache;
  /** The cluster that the objects belong to. */
  readonly owner: { readonly metadata: { readonly uid: string; readonly name: string } };
  readonly signal: AbortSignal;
}

/** The informer of what the operator makes of a resource; the same that its controller watches. */
export function managedObjects<T extends KubernetesObject>(
  cache: Cache,
  resource: Resource<T>,
): Informer<T> {
  return cache.informer(resource, { labelSelector: managedSelector });
}

/**
 * Brings objects to what is wanted of them, by server-side apply under one field manager.
 *
 * Guarantees: nothing is written when nothing differs. An object of that name that the cluster does not control is never
 * touched. Fields that are wanted no more are removed, because a change of what is wanted is always applied.
 */
export class ObjectApplier {
  readonly #options: ObjectApplierOptions;

  constructor(options: ObjectApplierOptions) {
    this.#options = options;
  }

  /**
   * Applies one object, if it is not so already.
   *
   * @throws NameTakenError when an object of that name belongs to somebody else.
   * @throws PredecessorError while that of an earlier cluster of the same name is there.
   */
  async ensure<T extends Named>(resource: Resource<T>, wanted: T): Promise<void> {
    const { cache, client, owner, signal } = this.#options;
    const name = wanted.metadata.name ?? '';
    const namespace = wanted.metadata.namespace ?? '';
    const marked = withHash(wanted);
    const live = managedObjects(cache, resource).get({ namespace, name }) as
      Cached<KubernetesObject> | undefined;
    if (live === undefined) {
      await this.#demandFree(resource, namespace, name);
    } else {
      if (!isControlledBy(live, owner)) throw foreignObjectError(resource.kind, name, live, owner);
      if (live.metadata.deletionTimestamp !== undefined) return; // comes back when it is gone
      if (covers(live, marked)) return;
    }
    // Safe: a whole object is an intent about all its fields; it has a name.
    const configuration = marked as unknown as ApplyConfiguration<T>;
    const how = { fieldManager: operatorName, signal };
    try {
      await client.apply(resource, configuration, { ...how, force: true });
    } catch (error) {
      if (live === undefined || !isInvalid(error)) throw error;
      // An apply leaves in a list what others have put there, such as a port of the same name: the list is replaced.
      const { resourceVersion } = live.metadata;
      const body = { ...marked, metadata: { ...marked.metadata, resourceVersion } };
      await client.patch(resource, { namespace, name }, { type: 'merge', body }, how);
    }
  }

  /** Deletes an object of the cluster that is wanted no more. */
  async remove<T extends Named>(
    resource: Resource<T>,
    namespace: string,
    name: string,
  ): Promise<void> {
    const { cache, client, owner, signal } = this.#options;
    const live = managedObjects(cache, resource).get({ namespace, name }) as
      Cached<KubernetesObject> | undefined;
    if (live === undefined || !isControlledBy(live, owner)) return;
    if (live.metadata.deletionTimestamp !== undefined) return;
    try {
      await client.delete(
        resource,
        { namespace, name },
        { preconditions: { uid: live.metadata.uid }, propagationPolicy: 'Background', signal },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** What the cache does not know is not ours, or is ours since a moment ago, or is not there. */
  async #demandFree(resource: Resource, namespace: string, name: string): Promise<void> {
    const { client, owner, signal } = this.#options;
    let live: DeepReadonly<Stored<KubernetesObject>>;
    try {
      live = await client.get(resource, { namespace, name }, { signal });
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (!isControlledBy(live, owner)) throw foreignObjectError(resource.kind, name, live, owner);
  }
}

function withHash<T extends Named>(wanted: T): T {
  const hash = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16);
  const { metadata } = wanted as KubernetesObject;
  return {
    ...wanted,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [annotations.applied]: hash },
    },
  };
}
