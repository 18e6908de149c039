import {
  controllerOf,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Selector,
  type Stored,
} from '@kubewright/apimachinery';
import { controllerUidIndex, watch, type Cache, type Source } from '@kubewright/runtime';

/** Name of the index that finds the objects nobody controls by their namespace. */
const orphanIndex = 'orphans-of-namespace';

/**
 * Watches the objects of a kind that nobody controls: an owner whose selector one matches may adopt it, so all of those look.
 * It also files them for {@link candidatesFor}.
 */
export function watchOrphans<O extends KubernetesObject, C extends KubernetesObject>(
  ownerResource: Resource<O>,
  childResource: Resource<C>,
  selectorOf: (owner: DeepReadonly<Stored<O>>) => Selector,
): Source {
  return {
    resource: childResource,
    bind(cache) {
      cache.addIndex(childResource, orphanIndex, namespaceOfOrphan);
      const orphans = watch<KubernetesObject>(childResource, {
        map: ({ object }) => {
          if (controllerOf(object) !== undefined) return [];
          const { namespace, labels = {} } = object.metadata;
          return cache
            .list(ownerResource, { namespace })
            .filter((owner) => selectorOf(owner).matches(labels))
            .map((owner: DeepReadonly<Stored<KubernetesObject>>) => ({
              namespace,
              name: owner.metadata.name,
            }));
        },
      });
      return orphans.bind(cache);
    },
  };
}

/** The objects that an owner controls, and those in its namespace that nobody controls. Its controller owns the kind and {@link watchOrphans}. */
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
