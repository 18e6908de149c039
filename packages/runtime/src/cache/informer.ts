import {
  groupResourceOf,
  keyOfName,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Selector,
  type Stored,
} from '@kubewright/apimachinery';
import type { Cached, EventHandler } from './event-handler.ts';
import type { InformerState } from './informer-state.ts';
import type { IndexFunction } from './secondary-index.ts';

/** Which of the cached objects to read. */
export interface ReadOptions {
  /** Only this namespace. Default: all. */
  readonly namespace?: string | undefined;
  /** Only objects whose labels it matches. Default: all. */
  readonly selector?: Selector | undefined;
  /** Only objects that an index files under a value. */
  readonly index?: { readonly name: string; readonly value: string } | undefined;
}

/**
 * Objects of one resource, kept up to date by a watch and shared by all who read them.
 *
 * Guarantees: reads never wait and copy nothing. They show one's own writes at once. An informer never ends because
 * of the API server; what it holds gets old then, and {@link state} and {@link secondsSinceHeard} say so.
 *
 * Caveats: before {@link synced}, an object that is not there may exist nevertheless.
 */
export interface Informer<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  /** Namespaces and selectors in one line; empty for everything. */
  readonly scope: string;
  /** True when a complete picture was read; from then on it stays true. */
  readonly synced: boolean;
  readonly state: InformerState;
  /** When the server was last heard, as a wall-clock time in milliseconds; undefined before the first time. */
  readonly lastEventAt: number | undefined;
  /** Seconds since every namespace of the informer was heard; undefined before the first time. Grows to about 60 on a quiet, healthy watch. */
  readonly secondsSinceHeard: number | undefined;
  /** Objects held. */
  readonly size: number;

  /** The object; undefined when there is none. */
  get(key: string | NamespacedName): Cached<T> | undefined;
  /**
   * The objects, in no particular order. The cost depends on the namespace or index chosen, not on what else is held.
   *
   * @throws CacheError (`UNKNOWN_INDEX`)
   */
  list(options?: ReadOptions): readonly Cached<T>[];
  /** The objects that an index files under a value. @throws CacheError (`UNKNOWN_INDEX`) */
  byIndex(name: string, value: string): readonly Cached<T>[];
  /** Adds an index; the same function under the same name again changes nothing. @throws CacheError (`INDEX_TAKEN`) */
  addIndex(name: string, valuesOf: IndexFunction<Stored<T>>): void;
  /** Calls a handler on changes; first, at once, with what is there. Disposing the answer ends it. */
  addEventHandler(handler: EventHandler<T>): Disposable;
  /** Calls back on each change of {@link state}. Disposing the answer ends it. */
  onState(listener: (state: InformerState) => void): Disposable;
  /** Waits for {@link synced}. @throws `signal.reason` when the signal aborts first. */
  whenSynced(signal?: AbortSignal): Promise<void>;
}

/** The key of a reference, given as one or the other. */
export function keyOfReference(reference: string | NamespacedName): string {
  return typeof reference === 'string' ? reference : keyOfName(reference.namespace, reference.name);
}

/** `pods`, or `pods (namespaces=a labels=app=web)`: an informer in messages. */
export function informerText(
  informer: Pick<Informer<KubernetesObject>, 'resource' | 'scope'>,
): string {
  const resource = groupResourceOf(informer.resource);
  return informer.scope === '' ? resource : `${resource} (${informer.scope})`;
}
