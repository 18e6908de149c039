import type { DeepReadonly, KubernetesObject, Stored } from '@kubewright/apimachinery';

/** A cached object: shared by all readers, so nobody may change it. */
export type Cached<T extends KubernetesObject> = DeepReadonly<Stored<T>>;

/** An object came into the cache. */
export interface AddedEvent<T extends KubernetesObject> {
  readonly type: 'added';
  readonly object: Cached<T>;
  /** True when it was there before anyone watched: from the first list, or for a handler that came late. */
  readonly isInitial: boolean;
}

/** An object changed. */
export interface UpdatedEvent<T extends KubernetesObject> {
  readonly type: 'updated';
  readonly object: Cached<T>;
  readonly old: Cached<T>;
}

/** An object is gone, or is no longer selected. */
export interface DeletedEvent<T extends KubernetesObject> {
  readonly type: 'deleted';
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
  added?(object: Cached<T>, event: AddedEvent<T>): void;
  updated?(old: Cached<T>, object: Cached<T>, event: UpdatedEvent<T>): void;
  deleted?(object: Cached<T>, event: DeletedEvent<T>): void;
}

/** An object as readers of the cache see it: the same object, with less allowed. */
export function cached<T extends KubernetesObject>(object: Stored<T>): Cached<T> {
  // Read-only is a matter of the type alone; TypeScript cannot see that for a type parameter.
  return object as Cached<T>;
}
