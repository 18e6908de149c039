import type { JsonObject, StoreReader } from '../contracts.ts';

/** The kinds of objects that a token can be bound to: with the object, the token ends. */
export const BOUND_KINDS = {
  Pod: { plural: 'pods', claim: 'pod', namespaced: true },
  Secret: { plural: 'secrets', claim: 'secret', namespaced: true },
  Node: { plural: 'nodes', claim: 'node', namespaced: false },
} as const;

/** A kind that a token can be bound to. */
export type BoundKind = keyof typeof BOUND_KINDS;

/** Whether tokens can be bound to objects of a kind; all of them are in `v1`. */
export function isBoundKind(kind: string): kind is BoundKind {
  return Object.hasOwn(BOUND_KINDS, kind);
}

/** The object a token is bound to. */
export function findBoundObject(
  store: StoreReader,
  kind: BoundKind,
  namespace: string,
  name: string,
): JsonObject | undefined {
  const { plural, namespaced } = BOUND_KINDS[kind];
  return store.get(plural, namespaced ? namespace : undefined, name);
}

/** A stored object's uid. */
export function uidOf(object: JsonObject): string {
  // Stored objects have metadata with a uid.
  return String((object['metadata'] as JsonObject)['uid']);
}
