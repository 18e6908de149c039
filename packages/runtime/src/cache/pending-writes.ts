import { keyOf, type KubernetesObject, type Stored } from '@kubewright/apimachinery';
import { compareResourceVersions, isOlder } from '../watch/resource-version.ts';
import type { ObjectStore } from './object-store.ts';

interface PendingWrite {
  readonly uid: string;
  /** Version from which on the watch has caught up. */
  readonly version: string;
  readonly namespace: string | undefined;
}

/**
 * The answers to one's own writes, until the watch has brought the same or something newer.
 *
 * Guarantees: an object never seems older than the newest of what the watch and the writes have told. Each entry
 * leaves once the watch has passed it, so none stays for ever.
 */
export class PendingWrites<T extends KubernetesObject> {
  /** What written objects look like. Invariant: each of its keys is in `#written`. */
  readonly #objects: ObjectStore<T>;
  /** Created and changed objects by key, roughly in the order of their versions. Without an object: no longer selected. */
  readonly #written = new Map<string, PendingWrite>();
  /** Deleted objects by key, with the last version they are known to have had. Invariant: none of the keys is in `#written`. */
  readonly #gone = new Map<string, PendingWrite>();

  /** @param objects an empty store with the indexes of the cache; it belongs to this from now on */
  constructor(objects: ObjectStore<T>) {
    this.#objects = objects;
  }

  get size(): number {
    return this.#written.size + this.#gone.size;
  }

  /** The written objects, for reading by key, namespace and index. */
  get objects(): ObjectStore<T> {
    return this.#objects;
  }

  /** True when what the watch has told about a key does not count: it was written, hidden or deleted since. */
  covers(key: string): boolean {
    return this.#written.has(key) || this.#gone.has(key);
  }

  /** Takes an object as the server answered it. `isSelected` is false when the informer does not select it, or no more. */
  wrote(object: Stored<T>, isSelected: boolean): void {
    const key = keyOf(object);
    const { uid, resourceVersion: version, namespace } = object.metadata;
    const pending = this.#written.get(key);
    // Answers may arrive in another order than the server gave them.
    if (pending !== undefined && isOlder(version, pending.version)) return;
    const gone = this.#gone.get(key);
    if (gone?.uid === uid || (gone !== undefined && isOlder(version, gone.version))) return;
    this.#drop(key);
    this.#written.set(key, { uid, version, namespace });
    if (isSelected) this.#objects.set(object);
  }

  /** Hides an object that the server has deleted. `version` is the last one it is known to have had. */
  deleted(key: string, deletion: PendingWrite): void {
    this.#drop(key);
    this.#gone.set(key, deletion);
  }

  /** The watch told of an object. */
  observed(key: string, object: Stored<T>): void {
    const { uid, resourceVersion } = object.metadata;
    const written = this.#written.get(key);
    if (written !== undefined && !isOlder(resourceVersion, written.version)) this.#drop(key);
    const gone = this.#gone.get(key);
    if (gone === undefined) return;
    // A change after the last known version proves that the deletion only began, for example because of a finalizer.
    const isAlive = (compareResourceVersions(resourceVersion, gone.version) ?? 0) > 0;
    if (gone.uid !== uid || isAlive) this.#drop(key);
  }

  /** The watch told that an object is gone; of an earlier object of that name it says nothing about the later one. */
  observedDeletion(key: string, uid: string): void {
    const pending = this.#written.get(key) ?? this.#gone.get(key);
    if (pending?.uid === uid) this.#drop(key);
  }

  /** The watch of a namespace (undefined: of all) has told every change up to a version. */
  progressed(version: string, namespace: string | undefined): void {
    for (const [key, pending] of this.#written) {
      if (namespace !== undefined && pending.namespace !== namespace) continue;
      const order = compareResourceVersions(pending.version, version);
      // Later entries have later versions, but for a few that overtook each other; those wait for the next progress.
      if (order !== undefined && order > 0) return;
      if (order !== undefined) this.#drop(key);
    }
  }

  /**
   * Drops deletions of which the watch will tell nothing, because the object came and went unseen.
   *
   * @param isStored whether the watch has told of the key, and not of its deletion
   */
  settle(version: string, namespace: string | undefined, isStored: (key: string) => boolean): void {
    for (const [key, gone] of this.#gone) {
      if (namespace !== undefined && gone.namespace !== namespace) continue;
      if (!isStored(key) && !isOlder(version, gone.version)) this.#drop(key);
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const key of [...this.#written.keys(), ...this.#gone.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    this.#written.delete(key);
    this.#gone.delete(key);
    this.#objects.delete(key);
  }
}
