import { formatTime } from '@kubewright/apimachinery';
import type {
  Clock,
  CustomResources,
  JsonObject,
  ObjectStore,
  StoreEvent,
  TypeRegistry,
} from '../contracts.ts';
import { equalJson, isJsonObject } from '../schema/json-type.ts';
import type { WatchRegistry } from '../watch/watch-registry.ts';
import type { WebhookCaller } from '../webhooks/webhook-caller.ts';
import { customTypes } from './custom-types.ts';
import { setDefinitionCondition } from './definition-conditions.ts';
import { CLEANUP_FINALIZER } from './definition-strategy.ts';
import { DefinitionView } from './definition-view.ts';
import { decideNames } from './name-acceptance.ts';

/** What {@link createCustomResources} works on. */
export interface CustomResourcesOptions {
  readonly registry: TypeRegistry;
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Asks the webhooks that convert custom resources. */
  readonly webhooks: WebhookCaller;
  /** The open watches: those of a definition that changes or goes are ended. */
  readonly watches: WatchRegistry;
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

function metadataOf(object: JsonObject): JsonObject {
  // Stored objects have metadata.
  return object['metadata'] as JsonObject;
}

function finalizersOf(object: JsonObject): string[] {
  const finalizers: unknown = metadataOf(object)['finalizers'];
  return Array.isArray(finalizers) ? finalizers.filter((name) => typeof name === 'string') : [];
}

/**
 * Keeps the served custom resources in step with the stored definitions.
 *
 * Every step is repeatable: it looks at what is stored and does what is missing. Steps run in turns of the event loop of
 * their own, as in the real server, so a client sees a definition first without conditions.
 */
class DefinitionController implements CustomResources {
  readonly #options: CustomResourcesOptions;
  /** Names of definitions to look at; a name is in the set until its step runs. */
  readonly #pending = new Set<string>();
  /** By name of a definition being deleted: waits until the last of its objects is gone. */
  readonly #draining = new Map<string, Disposable>();
  /** What is served, so that a change of status alone replaces nothing. */
  readonly #served = new Map<
    string,
    { readonly spec: unknown; readonly acceptedNames: unknown; readonly isDeleting: boolean }
  >();
  #turn: NodeJS.Immediate | undefined;
  #isStopped = false;

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
  }

  start(): Disposable {
    const { store } = this.#options;
    const observer = store.observe(DEFINITIONS, (event) => this.#observe(event));
    for (const definition of store.list(DEFINITIONS)) {
      this.#enqueue(String(metadataOf(definition)['name']));
    }
    return {
      [Symbol.dispose]: () => {
        this.#isStopped = true;
        observer[Symbol.dispose]();
        if (this.#turn !== undefined) clearImmediate(this.#turn);
        for (const waiting of this.#draining.values()) waiting[Symbol.dispose]();
        this.#draining.clear();
      },
    };
  }

  #observe(event: StoreEvent): void {
    if (event.type === 'DELETED') {
      this.#withdraw(event.name);
      // Names it had are free now: others of its group may have waited for them.
      const { group } = new DefinitionView(event.object);
      for (const other of this.#definitionsOf(group)) this.#enqueue(other.name);
      return;
    }
    this.#enqueue(event.name);
  }

  #enqueue(name: string): void {
    if (this.#isStopped) return;
    this.#pending.add(name);
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      const names = [...this.#pending];
      this.#pending.clear();
      for (const next of names) this.#reconcile(next);
    });
  }

  #definitionsOf(group: string): DefinitionView[] {
    return this.#options.store
      .list(DEFINITIONS)
      .map((object) => new DefinitionView(object))
      .filter((view) => view.group === group);
  }

  #reconcile(name: string): void {
    const stored = this.#options.store.get(DEFINITIONS, undefined, name);
    if (stored === undefined) {
      this.#withdraw(name);
      return;
    }
    const view = new DefinitionView(stored);
    if (view.isDeleting) {
      if (view.isTrue('Established')) this.#serve(view, stored);
      this.#drain(view, stored);
      return;
    }
    // A write comes back as an event, and the next step with it.
    if (this.#acceptNames(view)) return;
    // Before the condition says so: who sees it established may use it at once.
    if (view.isTrue('Established') || view.isTrue('NamesAccepted')) this.#serve(view, stored);
    this.#establish(view);
  }

  /** First step: the names. Returns whether the definition changed. */
  #acceptNames(view: DefinitionView): boolean {
    const others = this.#definitionsOf(view.group).filter(({ name }) => name !== view.name);
    const { acceptedNames, condition } = decideNames(view, others);
    return this.#change(view.name, (object) => {
      const status = object['status'] as JsonObject;
      const changesNames = !equalJson(status['acceptedNames'], acceptedNames);
      status['acceptedNames'] = acceptedNames;
      const nowMs = this.#options.clock.now();
      const changesCondition = setDefinitionCondition(object, condition, nowMs);
      const isNew = !view.isTrue('Established');
      const changesEstablished =
        isNew &&
        setDefinitionCondition(
          object,
          {
            type: 'Established',
            status: 'False',
            ...(condition.status === 'True'
              ? { reason: 'Installing', message: 'the initial names have been accepted' }
              : { reason: 'NotAccepted', message: 'not all names are accepted' }),
          },
          nowMs,
        );
      return changesNames || changesCondition || changesEstablished;
    });
  }

  /** Second step: open for use, once and for all. */
  #establish(view: DefinitionView): void {
    if (view.isTrue('Established') || !view.isTrue('NamesAccepted')) return;
    this.#change(view.name, (object) =>
      setDefinitionCondition(
        object,
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
        this.#options.clock.now(),
      ),
    );
  }

  #serve(view: DefinitionView, stored: JsonObject): void {
    const { registry, webhooks } = this.#options;
    const { acceptedNames, isDeleting } = view;
    const before = this.#served.get(view.name);
    const served = { spec: stored['spec'] as unknown, acceptedNames, isDeleting };
    if (equalJson(before, served)) return;
    this.#served.set(view.name, served);
    registry.installCustom(view.name, customTypes(view, webhooks));
    // A definition that is only being deleted tells of its objects to the last.
    if (!equalJson({ ...before, isDeleting }, served)) this.#endWatches(view.name);
  }

  #withdraw(name: string): void {
    this.#draining.get(name)?.[Symbol.dispose]();
    this.#draining.delete(name);
    this.#served.delete(name);
    this.#options.registry.removeCustom(name);
    this.#endWatches(name);
  }

  /** Whoever watches comes back to what is served now. The name of a definition is also that under which its objects are stored. */
  #endWatches(name: string): void {
    this.#options.watches.cut('end', name);
  }

  /** Deletes the objects of a definition that is being deleted; when the last is gone, lets the definition go. */
  #drain(view: DefinitionView, definition: JsonObject): void {
    const { store, clock } = this.#options;
    if (!finalizersOf(definition).includes(CLEANUP_FINALIZER)) return;
    const storageKey = `${view.acceptedNames.plural}.${view.group}`;
    if (!this.#draining.has(view.name)) {
      this.#change(view.name, (object) =>
        setDefinitionCondition(
          object,
          {
            type: 'Terminating',
            status: 'True',
            reason: 'InstanceDeletionInProgress',
            message: 'CustomResource deletion is in progress',
          },
          clock.now(),
        ),
      );
      this.#draining.set(
        view.name,
        store.observe(storageKey, (event) => {
          if (event.type === 'DELETED') this.#enqueue(view.name);
        }),
      );
      for (const object of store.list(storageKey)) this.#deleteInstance(storageKey, object);
    }
    if (store.list(storageKey).length > 0) return;
    const left = store.modify(DEFINITIONS, undefined, view.name, (object) => {
      setDefinitionCondition(
        object,
        {
          type: 'Terminating',
          status: 'False',
          reason: 'InstanceDeletionCompleted',
          message: 'removed all instances',
        },
        clock.now(),
      );
      const others = finalizersOf(object).filter((name) => name !== CLEANUP_FINALIZER);
      metadataOf(object)['finalizers'] = others;
      return object;
    });
    if (left !== undefined && finalizersOf(left).length === 0) {
      store.remove(DEFINITIONS, undefined, view.name);
    }
  }

  /** As a DELETE request would: at once, or marked while finalizers hold it. */
  #deleteInstance(storageKey: string, object: JsonObject): void {
    const { store, clock } = this.#options;
    const metadata = metadataOf(object);
    const namespace: unknown = metadata['namespace'];
    const place = typeof namespace === 'string' ? namespace : undefined;
    const name = String(metadata['name']);
    if (finalizersOf(object).length === 0) {
      store.remove(storageKey, place, name);
      return;
    }
    store.modify(storageKey, place, name, (instance) => {
      const instanceMetadata = metadataOf(instance);
      if (instanceMetadata['deletionTimestamp'] !== undefined) return undefined;
      instanceMetadata['deletionTimestamp'] = formatTime(new Date(clock.now()));
      instanceMetadata['deletionGracePeriodSeconds'] = 0;
      instanceMetadata['generation'] = Number(instanceMetadata['generation'] ?? 0) + 1;
      return instance;
    });
  }

  /** Writes a definition when `apply` changes it. */
  #change(name: string, apply: (object: JsonObject) => boolean): boolean {
    let isChanged = false;
    this.#options.store.modify(DEFINITIONS, undefined, name, (object) => {
      if (!isJsonObject(object['status'])) object['status'] = {};
      isChanged = apply(object);
      return isChanged ? object : undefined;
    });
    return isChanged;
  }
}

/** Serves the kinds that CustomResourceDefinitions describe. Nothing happens before `start`. */
export function createCustomResources(options: CustomResourcesOptions): CustomResources {
  return new DefinitionController(options);
}
