import {
  controllerOf,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { controllerUidIndex, type Cache } from '@kubewright/runtime';

/** Name of the index that finds the objects nobody controls by their namespace. */
const orphanIndex = 'orphans-of-namespace';

/** Lets {@link candidatesFor} find objects of a kind without looking at all of their namespace. */
export function indexOrphans(cache: Cache, childResource: Resource): void {
  cache.addIndex(childResource, orphanIndex, namespaceOfOrphan);
}

/**
 * The objects that an owner controls, and those in its namespace that nobody controls. The child kind must be among those
 * that a controller owns, and be indexed by {@link indexOrphans}.
 */
export function candidatesFor<C extends KubernetesObject>(
  cache: Cache,
  childResource: Resource<C>,
  { metadata: { uid, namespace = '' } }: DeepReadonly<Stored<KubernetesObject>>,
): readonly DeepReadonly<Stored<C>>[] {
  return [
    ...cache.list(childResource, { index: { name: controllerUidIndex, value: uid } }),
    ...cache.list(childResource, { index: { name: orphanIndex, value: namespace } }),
  ];
}

/** One function, so that several controllers can ask for the index. */
function namespaceOfOrphan(object: KubernetesObject): readonly string[] {
  return controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : [];
}
