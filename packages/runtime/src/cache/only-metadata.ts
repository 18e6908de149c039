import type { KubernetesObject, Stored } from '@kubewright/apimachinery';

/**
 * The `transform` of informers that keep no more of an object than its identity and its bonds: owners, finalizers, and
 * whether it is on its way out. One function, so that each kind has one such informer, whoever asks for it. One that keeps
 * more can begin with it.
 *
 * @example
 * ```ts
 * const keepImages = ({ spec, ...pod }: Stored<Pod>): Stored<Pod> => ({
 *   ...onlyMetadata(pod),
 *   spec: { containers: (spec?.containers ?? []).map(({ name, image }) => ({ name, image })) },
 * });
 * ```
 */
export function onlyMetadata({
  apiVersion,
  kind,
  metadata,
}: Stored<KubernetesObject>): Stored<KubernetesObject> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { deletionTimestamp, ownerReferences, finalizers } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      ownerReferences,
      finalizers,
    },
  };
}
