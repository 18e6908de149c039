import {
  controllerOf,
  keyOfName,
  parseApiVersion,
  type KubernetesObject,
  type OwnerReference,
  type Resource,
} from '@kubewright/apimachinery';
import type { Cache } from '../cache/cache.ts';
import type { Cached, ObjectEvent } from '../cache/event-handler.ts';
import type { Informer } from '../cache/informer.ts';
import type { InformerOptions } from '../cache/informer-options.ts';
import { and, type Predicate } from './predicate.ts';
import { keyOfRequest, requestFor, type Request } from './request.ts';

/** A resource with what a controller wants of it. */
export interface SourceOptions<T extends KubernetesObject> extends InformerOptions<T> {
  readonly resource: Resource<T>;
  /** Events must pass all of them. Default: every event. */
  readonly predicates?: readonly Predicate<T>[];
}

/** Tells which objects an event concerns; for updates it sees the old and the new object. Named twice, an object is asked for once. */
export type MapFunction<T extends KubernetesObject> = (event: ObjectEvent<T>) => Iterable<Request>;

/** Where the requests of a controller come from: one informer, and what its events mean. */
export interface Source {
  readonly resource: Resource;
  /** Asks the cache for the informer, so that it is read together with the others. */
  bind(cache: Cache): BoundSource;
}

/** A source whose informer is known. */
export interface BoundSource {
  readonly resource: Resource;
  /** Waits until the informer is synced. @throws `signal.reason` when the signal aborts first. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Passes on the requests of all that is there and of each event to come, until the answer is disposed of. */
  start(sink: RequestSink): Disposable;
}

/** Takes what a source has to say. */
export interface RequestSink {
  /** @param isInitial the object was there before; nothing happened to it */
  request(request: Request, isInitial: boolean): void;
  /** A predicate or a map function threw. */
  failed(what: 'predicate' | 'map function', error: unknown): void;
}

/** Name of the index that finds objects by the uid of their controlling owner; every `owns` informer has it. */
export const controllerUidIndex = 'controller-uid';

/**
 * Watches a resource and maps its events to requests.
 *
 * @example
 * ```ts
 * watch(Pod, { map: ({ object }) => [{ namespace: object.metadata.namespace, name: 'the-only-foo' }] })
 * ```
 */
export function watch<T extends KubernetesObject>(
  resource: Resource<T>,
  options: Omit<SourceOptions<T>, 'resource'> & { readonly map: MapFunction<T> },
): Source {
  return {
    resource,
    bind(cache) {
      return bound(
        cache.informer(resource, informerOptions(options)),
        options.map,
        options.predicates,
      );
    },
  };
}

/** Watches the objects that a controller is for. */
export function watchPrimary<T extends KubernetesObject>(options: SourceOptions<T>): Source {
  return watch(options.resource, { ...options, map: ({ object }) => [requestFor(object)] });
}

/**
 * Watches objects of a resource for their controlling owner, found by group, kind and uid.
 *
 * An owner reference to an earlier object of the same name, known by another uid, concerns nobody.
 */
export function watchOwned<T extends KubernetesObject>(
  options: SourceOptions<T>,
  primary: SourceOptions<KubernetesObject>,
): Source {
  return {
    resource: options.resource,
    bind(cache) {
      const owners = cache.informer(primary.resource, informerOptions(primary));
      const informer = cache.informer(options.resource, informerOptions(options));
      informer.addIndex(controllerUidIndex, controllerUid);
      const requestsFor = (object: Cached<T>): Request[] => {
        const owner = controllerOf(object); // an object of any kind
        if (owner === undefined || !isOfKind(owner, primary.resource)) return [];
        const namespace =
          primary.resource.scope === 'Cluster'
            ? undefined
            : (object as Cached<KubernetesObject>).metadata.namespace;
        const known = owners.get(keyOfName(namespace, owner.name));
        if (known !== undefined && known.metadata.uid !== owner.uid) return [];
        return [namespace === undefined ? { name: owner.name } : { namespace, name: owner.name }];
      };
      const map: MapFunction<T> = (event) =>
        event.type === 'updated'
          ? [...requestsFor(event.old), ...requestsFor(event.object)]
          : requestsFor(event.object);
      return bound(informer, map, options.predicates);
    },
  };
}

/** The uid of the controlling owner, as an index; one function, so that it can be added by several controllers. */
function controllerUid(object: KubernetesObject): readonly string[] {
  const owner = controllerOf(object);
  return owner === undefined ? [] : [owner.uid];
}

function isOfKind(owner: Readonly<OwnerReference>, resource: Resource): boolean {
  return owner.kind === resource.kind && parseApiVersion(owner.apiVersion).group === resource.group;
}

function informerOptions<T extends KubernetesObject>(
  options: InformerOptions<T>,
): InformerOptions<T> {
  const { namespaces, labelSelector, fieldSelector, transform } = options;
  return {
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(transform === undefined ? {} : { transform }),
  };
}

function bound<T extends KubernetesObject>(
  informer: Informer<T>,
  map: MapFunction<T>,
  predicates: readonly Predicate<T>[] = [],
): BoundSource {
  const passes = and(...predicates);
  const handle = (event: ObjectEvent<T>, sink: RequestSink): void => {
    try {
      if (!passes(event)) return;
    } catch (error) {
      // One reconcile too many does no harm, one too few does.
      sink.failed('predicate', error);
    }
    try {
      const isInitial = event.type === 'added' && event.isInitial;
      // An idle worker takes the first at once, so a repeated one would be worked on again.
      const asked = new Set<string>();
      for (const request of map(event)) {
        const key = keyOfRequest(request);
        if (!asked.has(key)) sink.request(request, isInitial);
        asked.add(key);
      }
    } catch (error) {
      sink.failed('map function', error);
    }
  };
  return {
    resource: informer.resource,
    whenSynced: (signal) => informer.whenSynced(signal),
    start: (sink) =>
      informer.addEventHandler({
        added: (_object, event) => {
          handle(event, sink);
        },
        updated: (_old, _object, event) => {
          handle(event, sink);
        },
        deleted: (_object, event) => {
          handle(event, sink);
        },
      }),
  };
}
