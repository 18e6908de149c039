import { randomUUID } from 'node:crypto';
import { formatTime } from '@kubewright/apimachinery';
import type { Clock, JsonObject, ObjectStore, StoreEvent } from '../contracts.ts';
import { alreadyExists } from '../status.ts';
import { Collection } from './collection.ts';
import type { LogEntry } from './event-log.ts';
import { storageOrderKey, StoredRecord } from './stored-record.ts';

/** What {@link MemoryStore} takes. */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Changes kept for watches and old lists, per collection; at least 1. */
  readonly logCapacity: number;
}

/**
 * All objects of the server, in memory. One revision counts the commits of all kinds; a commit is synchronous, so
 * whoever reads, decides and commits without awaiting in between is atomic.
 *
 * Guarantees: revisions rise by one with each commit; observers and the log see commits in that order.
 */
export class MemoryStore implements ObjectStore {
  readonly #clock: Clock;
  readonly #logCapacity: number;
  readonly #collections = new Map<string, Collection>();
  readonly #observers = new Map<string, Set<(event: StoreEvent) => void>>();
  // As in a fresh database, the first write gets 2 or more: 0 and 1 mean something else to clients.
  #revision = 1;
  /** Forced by {@link compact}: holds for collections that are not there yet, too. */
  #compactedRevision = 0;

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock;
    this.#logCapacity = options.logCapacity;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The collection of a kind; made on first use. */
  collection(storageKey: string): Collection {
    let collection = this.#collections.get(storageKey);
    if (collection === undefined) {
      collection = new Collection(this.#logCapacity, this.#compactedRevision);
      this.#collections.set(storageKey, collection);
    }
    return collection;
  }

  /** The current version of an object, with its bytes. */
  find(storageKey: string, namespace: string | undefined, name: string): StoredRecord | undefined {
    return this.#collections.get(storageKey)?.find(storageOrderKey(namespace, name));
  }

  get(storageKey: string, namespace: string | undefined, name: string): JsonObject | undefined {
    return this.find(storageKey, namespace, name)?.object;
  }

  list(storageKey: string, namespace?: string): JsonObject[] {
    const collection = this.#collections.get(storageKey);
    return collection === undefined
      ? []
      : collection.records.slice(namespace).map((record) => record.object);
  }

  observe(storageKey: string, listener: (event: StoreEvent) => void): Disposable {
    const observers = this.#observers.get(storageKey) ?? new Set();
    this.#observers.set(storageKey, observers);
    observers.add(listener);
    return { [Symbol.dispose]: () => void observers.delete(listener) };
  }

  /**
   * Stores an object, new or changed, as it is but for its resourceVersion. The caller has checked all preconditions
   * against the current version in the same turn.
   */
  put(storageKey: string, object: JsonObject): StoredRecord {
    const collection = this.collection(storageKey);
    this.#revision += 1;
    const revision = this.#revision;
    // Stored objects have metadata: the write path sees to it.
    const metadata = object['metadata'] as JsonObject;
    metadata['resourceVersion'] = String(revision);
    const record = new StoredRecord(storageKey, object, revision);
    const previous = collection.find(record.orderKey);
    collection.records.put(record);
    this.#commit(collection, {
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      revision,
      record,
      previous,
    });
    return record;
  }

  /** Removes an object; `lastState` is what watchers see, by default what is stored. Undefined when there is none. */
  delete(
    storageKey: string,
    namespace: string | undefined,
    name: string,
    lastState?: JsonObject,
  ): StoredRecord | undefined {
    const collection = this.collection(storageKey);
    const previous = collection.find(storageOrderKey(namespace, name));
    if (previous === undefined) return undefined;
    this.#revision += 1;
    const revision = this.#revision;
    const object = lastState ?? previous.object;
    // As in `put`.
    (object['metadata'] as JsonObject)['resourceVersion'] = String(revision);
    const record = new StoredRecord(storageKey, object, revision);
    collection.records.delete(previous.orderKey);
    this.#commit(collection, { type: 'DELETED', revision, record, previous });
    return record;
  }

  insert(storageKey: string, object: JsonObject): JsonObject {
    const metadata = { ...(object['metadata'] as JsonObject | undefined) };
    const name = String(metadata['name']);
    if (this.find(storageKey, metadata['namespace'] as string | undefined, name) !== undefined) {
      const [plural = storageKey, ...group] = storageKey.split('.');
      throw alreadyExists({ group: group.join('.'), plural }, name);
    }
    metadata['uid'] ??= randomUUID();
    metadata['creationTimestamp'] ??= formatTime(new Date(this.#clock.now()));
    return this.put(storageKey, { ...object, metadata }).object;
  }

  modify(
    storageKey: string,
    namespace: string | undefined,
    name: string,
    change: (object: JsonObject) => JsonObject | undefined,
  ): JsonObject | undefined {
    const current = this.get(storageKey, namespace, name);
    if (current === undefined) return undefined;
    const next = change(current);
    return next === undefined
      ? this.get(storageKey, namespace, name)
      : this.put(storageKey, next).object;
  }

  remove(storageKey: string, namespace: string | undefined, name: string): void {
    this.delete(storageKey, namespace, name);
  }

  /** Forgets the history up to now: older watches and continue tokens get 410. */
  compact(): void {
    this.#compactedRevision = this.#revision;
    for (const collection of this.#collections.values()) collection.log.compact(this.#revision);
  }

  #commit(collection: Collection, entry: LogEntry): void {
    collection.log.append(entry);
    const observers = this.#observers.get(entry.record.storageKey);
    if (observers === undefined || observers.size === 0) return;
    const { record, previous } = entry;
    const event: StoreEvent = {
      type: entry.type,
      storageKey: record.storageKey,
      namespace: record.namespace,
      name: record.name,
      resourceVersion: entry.revision,
      get object() {
        return record.object;
      },
      get old() {
        return entry.type === 'MODIFIED' ? previous?.object : undefined;
      },
    };
    for (const observer of [...observers]) observer(event);
  }
}
