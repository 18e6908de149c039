import type { Clock, JsonObject, ObjectStore, TypeRegistry } from '../contracts.ts';
import { recordUpdateOfOnlyVersion } from './track-managers.ts';

/** What {@link modifyAsServer} works on. */
export interface ServerWriteOptions {
  readonly store: ObjectStore;
  readonly registry: TypeRegistry;
  readonly clock: Clock;
}

/** An object of a built-in kind that has one version. */
export interface WrittenObject {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** A change that the server itself makes to a stored object; it owns what it changed. Nothing happens when there is no such object. */
export function modifyAsServer(
  { store, registry, clock }: ServerWriteOptions,
  { group, version, plural, subresource, namespace, name }: WrittenObject,
  change: (stored: JsonObject) => void,
): void {
  const type = registry.find(group, version, plural);
  if (type === undefined) throw new TypeError(`${plural} are always served`);
  store.modify(type.storageKey, namespace, name, (stored) => {
    const live = structuredClone(stored);
    change(stored);
    const facts = { type, object: stored, live, manager: 'kube-apiserver', subresource };
    recordUpdateOfOnlyVersion({ ...facts, nowMs: clock.now() });
    return stored;
  });
}
