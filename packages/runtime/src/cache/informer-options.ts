import type { KubernetesObject, Resource, Stored } from '@kubewright/apimachinery';

/** Which objects an informer holds, and what of them. Informers with equal options are one and the same. */
export interface InformerOptions<T extends KubernetesObject> {
  /** Namespaces, each read and watched on its own. Default: those of the cache. Ignored for cluster-scoped resources. */
  readonly namespaces?: readonly string[];
  /** Label selector in the API's text form. Default: every object. */
  readonly labelSelector?: string;
  /** Field selector in the API's text form. Default: every object. */
  readonly fieldSelector?: string;
  /**
   * What is kept of an object; the rest is never in memory. Compared by identity, so use one function for one purpose.
   * It must keep `metadata` down to name, namespace, uid and resourceVersion, and must be pure. When it throws, the
   * object is kept whole and the error reported. `onlyMetadata` is one. Default: everything (the client leaves `managedFields` out).
   */
  readonly transform?: (object: Stored<T>) => Stored<T>;
}

/** The namespaces that an informer reads one by one; `[undefined]` is all of them at once. */
export function namespacesOf<T extends KubernetesObject>(
  resource: Resource<T>,
  options: InformerOptions<T>,
  fallback: readonly string[] | undefined,
): readonly (string | undefined)[] {
  const chosen = options.namespaces ?? fallback;
  if (resource.scope === 'Cluster' || chosen === undefined) return [undefined];
  if (chosen.length === 0) {
    throw new TypeError(`an informer of ${resource.plural} needs at least one namespace`);
  }
  if (chosen.includes('')) {
    throw new TypeError('a namespace must not be empty; leave namespaces out for all of them');
  }
  return [...new Set(chosen)].sort();
}

/** The choice in one line, for metrics and messages; empty for everything. */
export function scopeText(
  namespaces: readonly (string | undefined)[],
  options: Pick<InformerOptions<KubernetesObject>, 'labelSelector' | 'fieldSelector'>,
): string {
  const named = namespaces.filter((namespace) => namespace !== undefined);
  return [
    ...(named.length > 0 ? [`namespaces=${named.join(',')}`] : []),
    ...(options.labelSelector ? [`labels=${options.labelSelector}`] : []),
    ...(options.fieldSelector ? [`fields=${options.fieldSelector}`] : []),
  ].join(' ');
}
