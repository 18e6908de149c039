import { keyOf, type KubernetesObject, type Stored } from '@kubewright/apimachinery';
import { isAtLeast, isOlder } from '../watch/resource-version.ts';
import type { CacheAction } from '../watch/watch-state.ts';
import { cached, type ObjectEvent } from './event-handler.ts';
import type { ObjectStore } from './object-store.ts';
import type { PendingWrites } from './pending-writes.ts';

/** Options of a {@link WatchedNamespace}. */
export interface WatchedNamespaceOptions<T extends KubernetesObject> {
  /** The namespace; undefined for all, and for cluster-scoped resources. */
  readonly namespace: string | undefined;
  /** The store, shared with the other namespaces of the informer. */
  readonly objects: ObjectStore<T>;
  readonly pending: PendingWrites<T>;
  /** What is kept of an object. Must not throw. */
  readonly transform: (object: Stored<T>) => Stored<T>;
  /** Hears of each change, after the store has it. Must not throw. */
  readonly onEvent: (event: ObjectEvent<T>) => void;
}

/**
 * Applies what one watch tells to the store, and says what changed.
 *
 * Guarantees: a change that is older than what the store has is left out; a new complete picture yields the
 * deletions that were missed; an object deleted and made again under its name is a deletion and an addition.
 */
export class WatchedNamespace<T extends KubernetesObject> {
  readonly #options: WatchedNamespaceOptions<T>;
  /** Keys that the picture under way has not confirmed; undefined when none is under way. */
  #unconfirmed: Set<string> | undefined;
  #isAuthoritative = false;
  #version: string | undefined;
  /**
   * Objects of the picture under way that were known to be gone: the list may come from a server that lags.
   * They count only if the picture proves to be as new as what is known.
   */
  #doubtful: Stored<T>[] = [];

  constructor(options: WatchedNamespaceOptions<T>) {
    this.#options = options;
  }

  /** Version up to which all changes are in the store; undefined before the first complete picture. */
  get version(): string | undefined {
    return this.#version;
  }

  apply(action: CacheAction<T>): void {
    switch (action.type) {
      case 'begin':
        this.#unconfirmed = new Set(this.#keys());
        this.#isAuthoritative = action.isAuthoritative;
        this.#doubtful = [];
        break;
      case 'store':
        this.#store(action.object);
        break;
      case 'remove':
        this.#remove(action.object);
        break;
      case 'complete':
        this.#complete(action.version);
        break;
      case 'progress':
        this.#progress(action.version);
        this.#settle();
        break;
      default:
        action satisfies never;
    }
  }

  #keys(): Iterable<string> {
    const { namespace, objects } = this.#options;
    return namespace === undefined ? objects.keys() : objects.keysInNamespace(namespace);
  }

  #store(received: Stored<T>): void {
    const { objects, pending } = this.#options;
    const key = keyOf(received);
    const { resourceVersion: version } = received.metadata;
    const isPicture = this.#unconfirmed !== undefined;
    this.#unconfirmed?.delete(key);
    const old = objects.get(key);
    if (isPicture && !this.#isAuthoritative && this.#isKnownToBeGone(old, version)) {
      this.#doubtful.push(received);
    } else if (old === undefined || this.#replaces(version, old)) {
      this.#put(received, old);
      if (!isPicture) this.#progress(version);
    } else {
      pending.observed(key, old);
    }
  }

  #isKnownToBeGone(old: Stored<T> | undefined, version: string): boolean {
    return old === undefined && this.#version !== undefined && isAtLeast(this.#version, version);
  }

  #replaces(version: string, old: Stored<T>): boolean {
    const { resourceVersion } = old.metadata;
    if (version === resourceVersion) return false;
    return this.#isTruth() || !isOlder(version, resourceVersion);
  }

  #isTruth(): boolean {
    return this.#unconfirmed !== undefined && this.#isAuthoritative;
  }

  #put(received: Stored<T>, old: Stored<T> | undefined): void {
    const { objects, pending, transform, onEvent } = this.#options;
    const isInitial = this.#version === undefined;
    const stored = transform(received);
    objects.set(stored);
    pending.observed(keyOf(stored), stored);
    const object = cached(stored);
    if (old?.metadata.uid === stored.metadata.uid) {
      onEvent({ type: 'updated', object, old: cached(old) });
    } else {
      if (old !== undefined) onEvent({ type: 'deleted', object: cached(old), isFinalState: false });
      onEvent({ type: 'added', object, isInitial });
    }
  }

  #remove(received: Stored<T>): void {
    const { objects, pending, transform, onEvent } = this.#options;
    const key = keyOf(received);
    const { uid, resourceVersion: version } = received.metadata;
    const old = objects.get(key);
    pending.observedDeletion(key, uid);
    if (this.#unconfirmed === undefined) this.#progress(version);
    // Another uid: the deletion of an earlier object of this name. Older: it has come back since.
    if (old?.metadata.uid !== uid || isOlder(version, old.metadata.resourceVersion)) return;
    objects.delete(key);
    onEvent({ type: 'deleted', object: cached(transform(received)), isFinalState: true });
  }

  #complete(version: string): void {
    const { objects, pending, onEvent } = this.#options;
    const unconfirmed = this.#unconfirmed ?? new Set();
    this.#unconfirmed = undefined;
    // A server restored from a backup has gone back: it will never reach the versions of those writes.
    if (this.#version !== undefined && isOlder(version, this.#version)) pending.clear();
    this.#version = version;
    for (const object of this.#doubtful) {
      if (objects.get(keyOf(object)) === undefined) this.#put(object, undefined);
    }
    this.#doubtful = [];
    for (const key of unconfirmed) {
      const object = objects.get(key);
      if (object === undefined) continue;
      objects.delete(key);
      pending.observedDeletion(key, object.metadata.uid);
      onEvent({ type: 'deleted', object: cached(object), isFinalState: false });
    }
    this.#progress(version);
    this.#settle();
  }

  #progress(version: string): void {
    const { pending, namespace } = this.#options;
    if (this.#version === undefined) return;
    if (!isOlder(version, this.#version)) this.#version = version;
    if (pending.size > 0) pending.progressed(version, namespace);
  }

  #settle(): void {
    const { pending, namespace, objects } = this.#options;
    if (this.#version === undefined || pending.size === 0) return;
    pending.settle(this.#version, namespace, (key) => objects.get(key) !== undefined);
  }
}
