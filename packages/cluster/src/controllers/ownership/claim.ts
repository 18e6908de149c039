import {
  controllerOf,
  isNotFound,
  isInvalid,
  ownerReference,
  withFinalizer,
  withoutFinalizer,
  type DeepReadonly,
  type KubernetesObject,
  type OwnerReference,
  type Resource,
  type Selector,
  type Stored,
} from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import { candidatesFor } from './orphans.ts';

/** What {@link claim} needs to know. */
export interface ClaimOptions<O extends KubernetesObject, C extends KubernetesObject> {
  readonly context: Pick<ReconcileContext, 'cache' | 'client' | 'signal'>;
  readonly owner: DeepReadonly<Stored<O>>;
  readonly ownerResource: Resource<O>;
  readonly childResource: Resource<C>;
  readonly selector: Selector;
  /** What a child must be beside matching the selector, such as bear the right name. Default: nothing. */
  readonly isMember?: (child: DeepReadonly<Stored<C>>) => boolean;
  /** Finalizer that children get when they are adopted and lose when they are released. Default: none. */
  readonly finalizer?: string;
}

/**
 * The objects that belong to an owner: those it controls, and orphans its selector matches, which it adopts.
 * Objects it controls that no longer match are released. Nothing is taken from another controller.
 *
 * Assumption: the controller of the owner owns the kind of the children, and watches their orphans (`watchOrphans`).
 *
 * Guarantees: an orphan is adopted only after a fresh read showed that the owner still exists, is the same
 * one, and is not being deleted; each write carries the uid of the object it means.
 */
export async function claim<O extends KubernetesObject, C extends KubernetesObject>(
  options: ClaimOptions<O, C>,
): Promise<DeepReadonly<Stored<C>>[]> {
  const { context, owner, childResource, selector, isMember = () => true } = options;
  const claimed: DeepReadonly<Stored<C>>[] = [];
  let mayAdopt: boolean | undefined;
  for (const candidate of candidatesFor(context.cache, childResource, owner)) {
    const controller = controllerOf(candidate);
    const matches = selector.matches(candidate.metadata.labels ?? {}) && isMember(candidate);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) claimed.push(candidate);
      else if (owner.metadata.deletionTimestamp === undefined) await release(options, candidate);
      continue;
    }
    if (!matches || candidate.metadata.deletionTimestamp !== undefined) continue;
    mayAdopt ??= await isStillTheOwner(options);
    if (mayAdopt && (await adopt(options, candidate))) claimed.push(candidate);
  }
  return claimed;
}

async function isStillTheOwner<O extends KubernetesObject, C extends KubernetesObject>({
  context: { client, signal },
  owner,
  ownerResource,
}: ClaimOptions<O, C>): Promise<boolean> {
  const { name, namespace, uid } = owner.metadata;
  try {
    const fresh = await client.get(ownerResource, { name, namespace }, { signal });
    return fresh.metadata.uid === uid && fresh.metadata.deletionTimestamp === undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function adopt<O extends KubernetesObject, C extends KubernetesObject>(
  options: ClaimOptions<O, C>,
  child: DeepReadonly<Stored<C>>,
): Promise<boolean> {
  // A stored object has apiVersion, kind, name and uid: all that a reference is made of.
  const reference = ownerReference(options.owner);
  const { finalizer } = options;
  return patchOwners(options, child, {
    ownerReferences: [...(child.metadata.ownerReferences ?? []), reference],
    ...(finalizer === undefined ? {} : { finalizers: withFinalizer(child, finalizer) }),
  });
}

async function release<O extends KubernetesObject, C extends KubernetesObject>(
  options: ClaimOptions<O, C>,
  child: DeepReadonly<Stored<C>>,
): Promise<void> {
  const { uid } = options.owner.metadata;
  const left = (child.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
  const { finalizer } = options;
  await patchOwners(options, child, {
    ownerReferences: left,
    ...(finalizer === undefined ? {} : { finalizers: withoutFinalizer(child, finalizer) }),
  });
}

/** Writes the owner references unless the object changed or went; says whether it did. */
async function patchOwners<O extends KubernetesObject, C extends KubernetesObject>(
  { context: { client, signal }, childResource }: ClaimOptions<O, C>,
  child: DeepReadonly<Stored<C>>,
  change: {
    readonly ownerReferences: readonly DeepReadonly<OwnerReference>[];
    readonly finalizers?: readonly string[];
  },
): Promise<boolean> {
  const { name, namespace, uid, resourceVersion } = child.metadata;
  try {
    await client.patch(
      childResource,
      { name, namespace },
      { type: 'merge', body: { metadata: { uid, resourceVersion, ...change } } },
      { signal },
    );
    return true;
  } catch (error) {
    // Gone, or replaced by another of its name (the uid then differs, which is "invalid"): not ours.
    if (isNotFound(error) || isInvalid(error)) return false;
    throw error;
  }
}
