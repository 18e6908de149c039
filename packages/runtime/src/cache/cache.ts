import {
  groupResourceOf,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { aborted } from '../cancellation/aborted.ts';
import type { Clock } from '../clock/clock.ts';
import { SystemClock } from '../clock/system-clock.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/silent-logger.ts';
import { noInstruments, type Instruments } from '../metrics/instruments.ts';
import type { ListerWatcher } from '../watch/lister-watcher.ts';
import { isAtLeast } from '../watch/resource-version.ts';
import type { InitialRead } from '../watch/watch-state.ts';
import { CacheError } from './cache-error.ts';
import { chooseInformer, type Choosable } from './choose-informer.ts';
import type { Cached } from './event-handler.ts';
import { informerText, type Informer, type ReadOptions } from './informer.ts';
import { namespacesOf, type InformerOptions } from './informer-options.ts';
import type { InformerProblem } from './informer-state.ts';
import { readinessProblems } from './readiness.ts';
import type { IndexFunction } from './secondary-index.ts';
import { SharedInformer } from './shared-informer.ts';

/** What a {@link Cache} works with. */
export interface CacheOptions {
  /** Lists and watches; a `Client` is one. */
  readonly client: ListerWatcher;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: reports nothing. */
  readonly instruments?: Instruments;
  /** Namespaces of informers that name none. Default: all. */
  readonly namespaces?: readonly string[];
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Freeze cached objects, so that a change to one throws. Costs time for each object; for tests and development. Default false. */
  readonly freezes?: boolean;
  /** How the first picture of a collection is read. Default: one list from the server's watch cache. */
  readonly read?: InitialRead;
  /** Seconds without a word from the server after which the cache is not ready. Default 150: two missed bookmarks and a reconnect. */
  readonly staleAfterSeconds?: number;
}

interface Entry extends Choosable {
  readonly informer: SharedInformer<KubernetesObject>;
  readonly transform: unknown;
}

/**
 * What an operator knows of the cluster: one shared informer per resource, namespaces, selectors and transform,
 * however many controllers read it.
 *
 * Guarantees: reads never wait; before the first complete picture they throw instead of answering "not there".
 * Nothing begins before {@link start}.
 *
 * @example
 * ```ts
 * const pods = cache.informer(Pod, { namespaces: ['shop'] });
 * void cache.start(signal);
 * await cache.waitForSync(signal);
 * cache.get(Pod, { namespace: 'shop', name: 'web-0' })?.status?.phase;
 * ```
 */
export class Cache {
  readonly #options: CacheOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By resource, in the order in which they were asked for. Invariant: no two with equal options. */
  readonly #entries = new Map<string, Entry[]>();
  readonly #problemListeners = new Set<(problem: InformerProblem) => void>();
  /** Set while started; informers asked for later begin at once. */
  #signal: AbortSignal | undefined;
  readonly #runs: Promise<void>[] = [];

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#logger = options.logger ?? silentLogger;
  }

  /**
   * The informer of a resource; the same one for everybody who asks with equal options.
   * Asked for after {@link start}, it begins at once.
   *
   * @throws SelectorError when a selector cannot be read; TypeError when the list of namespaces is empty.
   */
  informer<T extends KubernetesObject>(
    resource: Resource<T>,
    options: InformerOptions<T> = {},
  ): Informer<T> {
    // Kept under the id of this resource, so its objects are of this type.
    return this.#entry(resource, options).informer as unknown as Informer<T>;
  }

  /** All informers. */
  informers(): readonly Informer<KubernetesObject>[] {
    return [...this.#all()].map(({ informer }) => informer);
  }

  /**
   * Reads one object; undefined when there is none.
   *
   * @throws CacheError `NOT_WATCHED`, `NOT_SYNCED` or `AMBIGUOUS`.
   */
  get<T extends KubernetesObject>(
    resource: Resource<T>,
    reference: NamespacedName,
  ): Cached<T> | undefined {
    return this.#reader(resource, reference.namespace).get(reference);
  }

  /**
   * Reads many objects, in no particular order.
   *
   * @throws CacheError `NOT_WATCHED`, `NOT_SYNCED`, `AMBIGUOUS` or `UNKNOWN_INDEX`.
   */
  list<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ReadOptions = {},
  ): readonly Cached<T>[] {
    return this.#reader(resource, options.namespace).list(options);
  }

  /**
   * Adds an index to the informer of a resource, which is made if there is none.
   *
   * @throws CacheError `INDEX_TAKEN` when another function has the name.
   */
  addIndex<T extends KubernetesObject>(
    resource: Resource<T>,
    name: string,
    valuesOf: IndexFunction<Stored<T>>,
  ): void {
    const entries = this.#entries.get(idOf(resource)) ?? [];
    if (entries.length === 0) {
      this.informer(resource).addIndex(name, valuesOf);
    }
    for (const { informer } of entries) {
      // Kept under the id of this resource, so its objects are of this type.
      informer.addIndex(name, valuesOf as IndexFunction<Stored<KubernetesObject>>);
    }
  }

  /** Reads and watches until the signal aborts. Never rejects because of the API server. @throws Error when it was started before. */
  async start(signal: AbortSignal): Promise<void> {
    if (this.#signal !== undefined) throw new Error('the cache was started twice');
    this.#signal = signal;
    for (const { informer } of this.#all()) this.#launch(informer);
    await aborted(signal);
    await Promise.all(this.#runs);
  }

  /** Waits until every informer has its first complete picture. @throws `signal.reason` when the signal aborts first. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const missing = [...this.#all()].find(({ informer }) => !informer.synced);
      if (missing === undefined) return;
      await missing.informer.whenSynced(signal);
    }
  }

  /** What keeps the cache from being ready, a sentence each, naming verb, resource and namespace; empty when it is. */
  readiness(): readonly string[] {
    if (this.#signal === undefined) return ['the cache has not been started'];
    const staleAfterSeconds = this.#options.staleAfterSeconds ?? 150;
    return [...this.#all()].flatMap(({ informer }) =>
      readinessProblems(informer, staleAfterSeconds),
    );
  }

  /** What keeps informers from reading right now. */
  problems(): readonly InformerProblem[] {
    return [...this.#all()].flatMap(({ informer }) =>
      informer.failures().map(({ problem }) => problem),
    );
  }

  /** Calls back when an informer meets a problem of another kind than before. Disposing the answer ends it. */
  onProblem(listener: (problem: InformerProblem) => void): Disposable {
    const own = (problem: InformerProblem): void => {
      listener(problem);
    };
    this.#problemListeners.add(own);
    return { [Symbol.dispose]: () => void this.#problemListeners.delete(own) };
  }

  /**
   * The newest state known of an object, with all its fields but managedFields. Undefined when there is none, when the newest is known
   * in parts only (`transform`), or when the informer that has it is out of touch with the server.
   */
  findWhole<T extends KubernetesObject>(
    resource: Resource<T>,
    reference: NamespacedName,
  ): Cached<T> | undefined {
    const shown = (this.#entries.get(idOf(resource)) ?? []).flatMap(({ informer, transform }) => {
      const object = informer.get(reference);
      const isSound = transform === undefined && informer.state.phase === 'live';
      return object === undefined
        ? []
        : [{ object, version: object.metadata.resourceVersion, isSound }];
    });
    const best = shown.find(
      ({ version, isSound }) =>
        isSound && shown.every((other) => isAtLeast(version, other.version)),
    );
    return best?.object as Cached<T> | undefined; // kept under the id of this resource
  }

  /** Shows a written object to readers until the watch has caught up. For those who write past {@link readYourWrites}. */
  observeWrite<T extends KubernetesObject>(resource: Resource<T>, object: Stored<T>): void {
    for (const { informer } of this.#entries.get(idOf(resource)) ?? [])
      informer.observeWrite(object);
  }

  /** Hides an object that the server has deleted until the watch has caught up. */
  observeDeletion(resource: Resource, reference: NamespacedName, uid: string): void {
    for (const { informer } of this.#entries.get(idOf(resource)) ?? []) {
      informer.observeDeletion(reference, uid);
    }
  }

  #entry<T extends KubernetesObject>(resource: Resource<T>, options: InformerOptions<T>): Entry {
    const namespaces = namespacesOf(resource, options, this.#options.namespaces);
    const { labelSelector = '', fieldSelector = '', transform } = options;
    const id = idOf(resource);
    const entries = this.#entries.get(id) ?? [];
    const same = entries.find(
      (entry) =>
        entry.labelSelector === labelSelector &&
        entry.fieldSelector === fieldSelector &&
        entry.transform === transform &&
        entry.namespaces.join() === namespaces.join(),
    );
    if (same !== undefined) return same;
    const made = this.#create(resource, namespaces, options);
    const entry: Entry = {
      namespaces,
      labelSelector,
      fieldSelector,
      transform,
      // Kept under the id of the resource and handed out for that resource only.
      informer: made as unknown as SharedInformer<KubernetesObject>,
    };
    this.#entries.set(id, [...entries, entry]);
    if (this.#signal !== undefined) this.#launch(entry.informer);
    return entry;
  }

  #create<T extends KubernetesObject>(
    resource: Resource<T>,
    namespaces: readonly (string | undefined)[],
    { labelSelector, fieldSelector, transform }: InformerOptions<T>,
  ): SharedInformer<T> {
    const { client, instruments = noInstruments, freezes = false, read } = this.#options;
    const informer = new SharedInformer<T>({
      resource,
      namespaces,
      source: client,
      clock: this.#clock,
      logger: this.#logger,
      instruments,
      freezes,
      ...(labelSelector ? { labelSelector } : {}),
      ...(fieldSelector ? { fieldSelector } : {}),
      ...(transform === undefined ? {} : { transform }),
      ...(read === undefined ? {} : { read }),
    });
    this.#followProblems(informer);
    return informer;
  }

  #followProblems<T extends KubernetesObject>(informer: SharedInformer<T>): void {
    let told = new Set<string>();
    // Lives as long as the informer, which lives as long as this cache.
    informer.onState(() => {
      const present = new Set<string>();
      for (const { problem } of informer.failures()) {
        const id = `${problem.namespace ?? ''}/${problem.verb}/${problem.kind}`;
        present.add(id);
        if (!told.has(id)) for (const listener of this.#problemListeners) listener(problem);
      }
      told = present;
    });
  }

  #launch(informer: SharedInformer<KubernetesObject>): void {
    if (this.#signal !== undefined) this.#runs.push(informer.run(this.#signal));
  }

  #reader<T extends KubernetesObject>(
    resource: Resource<T>,
    namespace: string | undefined,
  ): Informer<T> {
    const entries = this.#entries.get(idOf(resource)) ?? [];
    const { informer } = chooseInformer(groupResourceOf(resource), entries, namespace);
    if (!informer.synced) {
      throw new CacheError(
        'NOT_SYNCED',
        `${informerText(informer)}: the first list is not complete`,
      );
    }
    return informer as unknown as Informer<T>; // kept under the id of this resource
  }

  *#all(): Iterable<Entry> {
    for (const entries of this.#entries.values()) yield* entries;
  }
}

function idOf(resource: Pick<Resource, 'apiVersion' | 'plural'>): string {
  return `${resource.apiVersion}/${resource.plural}`;
}
