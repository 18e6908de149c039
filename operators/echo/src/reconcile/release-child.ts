import {
  hasFinalizer,
  isInvalid,
  isNotFound,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cached } from '@kubewright/runtime';

/**
 * Takes a finalizer off a child, and nothing else: neither a status that changes all the time nor other finalizers can get
 * in the way.
 *
 * @returns Whether the child is free of it; false when its finalizers have changed since it was read.
 */
export async function releaseChild<Child extends KubernetesObject>(
  client: Pick<Client, 'patch'>,
  resource: Resource<Child>,
  child: Cached<Child>,
  finalizer: string,
): Promise<boolean> {
  const { name, namespace, uid, finalizers = [] } = child.metadata;
  if (!hasFinalizer(child, finalizer)) return true;
  const path = `/metadata/finalizers/${finalizers.indexOf(finalizer)}`;
  const ref: NamespacedName = { namespace, name };
  try {
    await client.patch(resource, ref, {
      type: 'json',
      operations: [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path, value: finalizer },
        { op: 'remove', path },
      ],
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return true;
    if (isInvalid(error)) return false;
    throw error;
  }
}
