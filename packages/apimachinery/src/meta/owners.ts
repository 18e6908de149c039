import type { ObjectMeta, OwnerReference } from '../kinds/meta-v1.ts';
import type { DeepReadonly, KubernetesObject, Stored } from '../object.ts';

/** How an owner is referred to. */
export interface OwnerReferenceOptions {
  /** The owner manages the object; an object has one such owner at most. Default true. */
  readonly controller?: boolean;
  /** Foreground deletion of the owner waits for the object. Default true. */
  readonly blockOwnerDeletion?: boolean;
}

/** An object that may have owners. */
export interface Owned {
  /** Who owns the object. */
  readonly metadata: DeepReadonly<Pick<ObjectMeta, 'ownerReferences'>>;
}

/**
 * The reference to put into `metadata.ownerReferences` of what the owner owns.
 *
 * Caveats: an owner must be in the namespace of the object, or cluster-scoped; otherwise the garbage collector deletes the object.
 */
export function ownerReference(
  owner: DeepReadonly<Stored<KubernetesObject>>,
  options: OwnerReferenceOptions = {},
): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: options.controller ?? true,
    blockOwnerDeletion: options.blockOwnerDeletion ?? true,
  };
}

/** The reference to the owner that manages the object. */
export function controllerOf(object: Owned): DeepReadonly<OwnerReference> | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** Whether this very owner, by uid, manages the object. */
export function isControlledBy(
  object: Owned,
  owner: { readonly metadata: { readonly uid: string } },
): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** Whether this very owner, by uid, is among the object's owners. */
export function isOwnedBy(
  object: Owned,
  owner: { readonly metadata: { readonly uid: string } },
): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}
