import type { DeepReadonly, KubernetesObject, Stored } from '@kubewright/apimachinery';

/** A cached object: shared by all readers, so nobody may change it. */
export type Cached<T extends KubernetesObject> = DeepReadonly<Stored<T>>;

/** An object came into the cache. */
export interface AddedEvent<T extends KubernetesObject> {
  readonly type: 'added';
  /** As it came. */
  readonly object: Cached<T>;
  /** True when it was there before anyone watched: from the first list, or for a handler that came late. */
  readonly isInitial: boolean;
}

/** An object changed. */
export interface UpdatedEvent<T extends KubernetesObject> {
  readonly type: 'updated';
  /** As it is now. */
  readonly object: Cached<T>;
  /** As it was before. */
  readonly old: Cached<T>;
}

/** An object is gone, or is no longer selected. */
export interface DeletedEvent<T extends KubernetesObject> {
  readonly type: 'deleted';
  /** As it was last. */
  readonly object: Cached<T>;
  /** False when the deletion was found out by a new list: the object is then the last state known, not the last it had. */
  readonly isFinalState: boolean;
}

/** A change in the cache. */
export type ObjectEvent<T extends KubernetesObject> =
  AddedEvent<T> | UpdatedEvent<T> | DeletedEvent<T>;

/**
 * What to call on changes. Called one after the other in the order of the changes, after the cache has them.
 * A handler must be quick and must not wait; what it throws is reported and stops nothing.
 */
export interface EventHandler<T extends KubernetesObject> {
  /** An object came. */
  added?(object: Cached<T>, event: AddedEvent<T>): void;
  /** An object changed. */
  updated?(old: Cached<T>, object: Cached<T>, event: UpdatedEvent<T>): void;
  /** An object is gone. */
  deleted?(object: Cached<T>, event: DeletedEvent<T>): void;
}

/** An object as readers of the cache see it: the same object, with less allowed. */
export function cached<T extends KubernetesObject>(object: Stored<T>): Cached<T> {
  // Read-only is a matter of the type alone; TypeScript cannot see that for a type parameter.
  return object as Cached<T>;
}
