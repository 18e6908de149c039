import type { ListMeta, ObjectMeta } from './kinds/meta-v1.ts';

/** What every Kubernetes object has. Objects stay plain JSON; timestamps stay strings. */
export interface KubernetesObject {
  /** `v1` for the core group, `group/version` otherwise. Absent in the items of some lists. */
  apiVersion?: string | undefined;
  /** Such as `Pod`. Absent in the items of some lists. */
  kind?: string | undefined;
  /** Name, labels and what the server keeps of every object. */
  metadata: ObjectMeta;
}

/** Metadata of an object that a server has stored. */
export type StoredMeta = ObjectMeta & {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
};

/** An object as a server answers it: what storing it sets is there. */
export type Stored<T extends KubernetesObject> = T & {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
};

/** One answer to a list request. */
export interface ObjectList<T> {
  /** That of the items. */
  apiVersion: string;
  /** That of the items, followed by `List`. */
  kind: string;
  /** The version of the list, and how to go on reading it. */
  metadata: ListMeta;
  /** In the order of their keys. */
  items: T[];
}

/** A type all of whose parts are read-only; what a cache hands out. */
export type DeepReadonly<T> =
  // Scalars first: `string & {}`, the open end of a union of known values, would count as an object.
  T extends string | number | boolean | bigint | symbol | null | undefined
    ? T
    : T extends readonly (infer E)[]
      ? readonly DeepReadonly<E>[]
      : T extends object
        ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
        : T;

/** A name with its namespace; the namespace is undefined for cluster-scoped objects. */
export interface NamespacedName {
  /** Undefined for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  /** Name of the object. */
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object; the key in caches and queues. */
export function keyOf(object: {
  readonly metadata: {
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
  };
}): string {
  return keyOfName(object.metadata.namespace, object.metadata.name ?? '');
}

/** The key of a name and a namespace, as in {@link keyOf}. */
export function keyOfName(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Splits a key made by {@link keyOf}. */
export function parseKey(key: string): NamespacedName {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
