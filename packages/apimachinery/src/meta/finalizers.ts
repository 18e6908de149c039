import type { ObjectMeta } from '../kinds/meta-v1.ts';
import type { DeepReadonly } from '../object.ts';

/** An object that may carry finalizers. */
export interface Finalizable {
  /** What keeps the object from going. */
  readonly metadata: DeepReadonly<Pick<ObjectMeta, 'finalizers'>>;
}

/** Whether the object waits for this finalizer before it goes. */
export function hasFinalizer(object: Finalizable, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** The object's finalizers with this one, at the end when it is new; the very same array when it is there. */
export function withFinalizer(object: Finalizable, finalizer: string): readonly string[] {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer];
}

/** The object's finalizers without this one; the very same array when it is not there. */
export function withoutFinalizer(object: Finalizable, finalizer: string): readonly string[] {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(finalizer)
    ? finalizers.filter((present) => present !== finalizer)
    : finalizers;
}

/** Whether deletion was asked for and finalizers hold the object. */
export function isBeingDeleted(object: {
  readonly metadata: DeepReadonly<Pick<ObjectMeta, 'deletionTimestamp'>>;
}): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
