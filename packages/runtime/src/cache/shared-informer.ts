import {
  groupResourceOf,
  keyOf,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { until } from '../cancellation/until.ts';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { InformerInstruments, Instruments } from '../metrics/instruments.ts';
import type { ListerWatcher } from '../watch/lister-watcher.ts';
import { Reflector } from '../watch/reflector.ts';
import { isAtLeast } from '../watch/resource-version.ts';
import type { InitialRead, WatchState } from '../watch/watch-state.ts';
import { deepFreeze } from './deep-freeze.ts';
import { EventFanOut } from './event-fan-out.ts';
import { cached, type Cached, type EventHandler } from './event-handler.ts';
import { keyOfReference, type Informer, type ReadOptions } from './informer.ts';
import { scopeText, type InformerOptions } from './informer-options.ts';
import { InformerHealth, type Failure } from './informer-health.ts';
import type { InformerState } from './informer-state.ts';
import { selectionTest } from './object-selection.ts';
import { ObjectStore } from './object-store.ts';
import { PendingWrites } from './pending-writes.ts';
import type { IndexFunction } from './secondary-index.ts';
import { WatchedNamespace } from './watched-namespace.ts';

/** Options of a {@link SharedInformer}. */
export interface SharedInformerOptions<T extends KubernetesObject> extends Omit<
  InformerOptions<T>,
  'namespaces'
> {
  readonly resource: Resource<T>;
  /** Namespaces to read one by one; `[undefined]` for all at once. */
  readonly namespaces: readonly (string | undefined)[];
  readonly source: ListerWatcher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly instruments: Instruments;
  /** Freeze what is cached, so that a change to it throws. */
  readonly freezes: boolean;
  readonly read?: InitialRead;
  readonly random?: () => number;
}

interface Source<T extends KubernetesObject> {
  readonly reflector: Reflector<T>;
  readonly namespace: WatchedNamespace<T>;
}

/** The informer that a cache makes: one store, fed by one watch per namespace. */
export class SharedInformer<T extends KubernetesObject> implements Informer<T> {
  readonly resource: Resource<T>;
  readonly scope: string;
  readonly #options: SharedInformerOptions<T>;
  readonly #logger: Logger;
  readonly #instruments: InformerInstruments;
  readonly #objects: ObjectStore<T>;
  readonly #pending: PendingWrites<T>;
  readonly #handlers: EventFanOut<T>;
  readonly #sources: readonly Source<T>[];
  readonly #isSelected: (object: Stored<T>) => boolean;
  readonly #health: InformerHealth;
  readonly #whenSynced = Promise.withResolvers<undefined>();
  #isSynced = false;

  constructor(options: SharedInformerOptions<T>) {
    this.#options = options;
    this.resource = options.resource;
    this.scope = scopeText(options.namespaces, options);
    this.#logger = options.logger.with({
      resource: groupResourceOf(options.resource),
      ...(this.scope === '' ? {} : { scope: this.scope }),
    });
    const { group, version, kind } = options.resource;
    this.#instruments = options.instruments.informer(
      { group, version, kind, resource: groupResourceOf(options.resource), scope: this.scope },
      {
        objects: () => this.#objects.size,
        synced: () => this.#isSynced,
        secondsSinceHeard: () => this.secondsSinceHeard,
        pendingWrites: () => this.#pending.size,
        failures: () => this.failures().map(({ problem }) => problem),
      },
    );
    const onIndexError = (error: unknown): void => {
      this.#reportHandlerError('index function failed', error);
    };
    this.#objects = new ObjectStore(onIndexError);
    this.#pending = new PendingWrites(new ObjectStore(onIndexError));
    this.#handlers = new EventFanOut((error) => {
      this.#reportHandlerError('event handler failed', error);
    });
    this.#isSelected = selectionTest(options.namespaces, options);
    this.#sources = options.namespaces.map((namespace) => this.#createSource(namespace));
    this.#health = new InformerHealth({
      resource: groupResourceOf(options.resource),
      scope: options.resource.scope,
      clock: options.clock,
      namespaces: this.#sources,
      onListenerError: (error) => {
        this.#reportHandlerError('state listener failed', error);
      },
    });
  }

  get synced(): boolean {
    return this.#isSynced;
  }

  get size(): number {
    return this.#objects.size;
  }

  get secondsSinceHeard(): number | undefined {
    const { heardMs } = this.#health;
    return heardMs === undefined ? undefined : (this.#options.clock.monotonicMs() - heardMs) / 1000;
  }

  get lastEventAt(): number | undefined {
    const seconds = this.secondsSinceHeard;
    return seconds === undefined ? undefined : this.#options.clock.now() - seconds * 1000;
  }

  get state(): InformerState {
    return this.#health.state;
  }

  get(reference: string | NamespacedName): Cached<T> | undefined {
    const key = keyOfReference(reference);
    const objects = this.#pending.covers(key) ? this.#pending.objects : this.#objects;
    const object = objects.get(key);
    return object === undefined ? undefined : cached(object);
  }

  list(options: ReadOptions = {}): readonly Cached<T>[] {
    const { namespace, selector } = options;
    const found: Cached<T>[] = [];
    const add = (object: Stored<T> | undefined): void => {
      if (object === undefined) return;
      if (namespace !== undefined && object.metadata.namespace !== namespace) return;
      if (selector?.matches(object.metadata.labels ?? {}) === false) return;
      found.push(cached(object));
    };
    const isCovering = this.#pending.size > 0;
    for (const key of keysFor(this.#objects, options)) {
      if (!isCovering || !this.#pending.covers(key)) add(this.#objects.get(key));
    }
    if (isCovering) {
      const written = this.#pending.objects;
      for (const key of keysFor(written, options)) add(written.get(key));
    }
    return found;
  }

  byIndex(name: string, value: string): readonly Cached<T>[] {
    return this.list({ index: { name, value } });
  }

  addIndex(name: string, valuesOf: IndexFunction<Stored<T>>): void {
    this.#objects.addIndex(name, valuesOf);
    this.#pending.objects.addIndex(name, valuesOf);
  }

  addEventHandler(handler: EventHandler<T>): Disposable {
    const present = [...this.#objects.values()].map((object) => cached(object));
    return this.#handlers.add(handler, present);
  }

  onState(listener: (state: InformerState) => void): Disposable {
    return this.#health.listen(listener);
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    await until(this.#whenSynced.promise, signal);
  }

  /** The namespaces that are failing, for readiness. */
  failures(): readonly Failure[] {
    return this.#health.failures();
  }

  /** Shows an object as a write has answered it until the watch has caught up. */
  observeWrite(object: Stored<T>): void {
    if (!this.#covers(object.metadata.namespace)) return;
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known !== undefined && !this.#isNewer(object, known)) return;
    if (this.#isPassed(object)) return;
    // The caller goes on to own the answer, and may change it.
    const own = structuredClone(object);
    delete own.metadata.managedFields; // as in everything else that is cached
    this.#pending.wrote(this.#keep(own), this.#isSelected(object));
  }

  /** Hides an object that the server has deleted at once until the watch has caught up. */
  observeDeletion(reference: NamespacedName, uid: string): void {
    if (!this.#covers(reference.namespace)) return;
    const key = keyOfReference(reference);
    const known = [this.#pending.objects.get(key), this.#objects.get(key)].find(
      (object) => object?.metadata.uid === uid,
    );
    if (known === undefined) return;
    const { resourceVersion: version, namespace } = known.metadata;
    this.#pending.deleted(key, { uid, version, namespace });
  }

  /** Reads and watches until the signal aborts. Never rejects. @throws Error when it runs already or has run. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#health.life !== 'idle') {
      throw new Error(`informer of ${this.resource.plural} was started twice`);
    }
    this.#health.become('running');
    await Promise.all(this.#sources.map(({ reflector }) => reflector.run(signal)));
    this.#health.become('stopped');
  }

  #createSource(namespaceName: string | undefined): Source<T> {
    const { resource, source, clock, labelSelector, fieldSelector, read, random } = this.#options;
    const namespace = new WatchedNamespace<T>({
      namespace: namespaceName,
      objects: this.#objects,
      pending: this.#pending,
      transform: (object) => this.#keep(object),
      onEvent: (event) => {
        this.#handlers.emit(event);
      },
    });
    const reflector = new Reflector<T>({
      resource,
      source,
      clock,
      selection: {
        ...(namespaceName === undefined ? {} : { namespace: namespaceName }),
        ...(labelSelector ? { labelSelector } : {}),
        ...(fieldSelector ? { fieldSelector } : {}),
      },
      instruments: this.#instruments,
      ...(read === undefined ? {} : { read }),
      ...(random === undefined ? {} : { random }),
      onAction: (action) => {
        namespace.apply(action);
        if (action.type === 'complete') this.#noteSynced();
      },
      onState: (state) => {
        this.#onWatchState(namespaceName, state);
      },
    });
    return { reflector, namespace };
  }

  #noteSynced(): void {
    if (this.#isSynced || !this.#health.isSynced) return;
    this.#isSynced = true;
    this.#logger.debug('cache synced', { objects: this.#objects.size });
    this.#whenSynced.resolve(undefined);
  }

  #onWatchState(namespace: string | undefined, state: WatchState): void {
    if (state.phase === 'waiting') {
      const { kind, verb, message } = state.problem;
      const fields = { verb, problem: kind, message, attempts: state.attempts };
      this.#logger.warn('list or watch failed, will retry', {
        ...fields,
        ...(namespace === undefined ? {} : { namespace }),
      });
    }
    this.#health.tell();
  }

  #covers(namespace: string | undefined): boolean {
    const { namespaces } = this.#options;
    return namespaces.includes(undefined) || namespaces.includes(namespace);
  }

  #isPassed(object: Stored<T>): boolean {
    const { namespace, resourceVersion } = object.metadata;
    return this.#sources.some(({ reflector, namespace: watched }) => {
      const isConcerned = reflector.namespace === undefined || reflector.namespace === namespace;
      const { version } = watched;
      return isConcerned && version !== undefined && isAtLeast(version, resourceVersion);
    });
  }

  #isNewer(object: Stored<T>, known: Stored<T>): boolean {
    return !isAtLeast(known.metadata.resourceVersion, object.metadata.resourceVersion);
  }

  #keep(object: Stored<T>): Stored<T> {
    const { transform, freezes } = this.#options;
    let kept = object;
    if (transform !== undefined) {
      try {
        kept = transform(object);
      } catch (error) {
        this.#reportHandlerError('transform failed, object kept whole', error);
      }
    }
    return freezes ? deepFreeze(kept) : kept;
  }

  #reportHandlerError(message: string, error: unknown): void {
    this.#instruments.handlerFailed();
    this.#logger.error(message, { error });
  }
}

function keysFor<T extends KubernetesObject>(
  store: ObjectStore<T>,
  { index, namespace }: ReadOptions,
): Iterable<string> {
  if (index !== undefined) return store.keysByIndex(index.name, index.value);
  return namespace === undefined ? store.keys() : store.keysInNamespace(namespace);
}
