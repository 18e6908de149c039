import {
  groupResourceOf,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Service,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
} from '@kubewright/apimachinery';
import { countedKinds, mayRelease } from '@kubewright/apiserver';
import {
  onlyMetadata,
  requestFor,
  watch,
  type Cache,
  type ControllerHost,
  type Request,
  type Source,
} from '@kubewright/runtime';
import { KindWatcher } from '../../discovery/kind-watcher.ts';

/** Verbs of a kind whose objects can come and go. */
const verbs = ['create', 'list', 'watch', 'delete'];

/** The quotas that count a kind; in all namespaces where none is named. */
function quotasFor(cache: Cache, resource: Resource, namespace: string | undefined): Request[] {
  const kind = groupResourceOf(resource);
  return cache
    .list(ResourceQuota, namespace === undefined ? {} : { namespace })
    .filter((quota) => countedKinds(quota, [kind]).length > 0)
    .map(requestFor);
}

/** Changes of stored objects that give something back: a pod that has ended, a Service of another type. */
export function releasingChanges({ cache }: ControllerHost): Source[] {
  const changesOf = <T extends KubernetesObject>(resource: Resource<T>): Source =>
    watch(resource, {
      map: (event) => {
        if (event.type !== 'updated') return [];
        const { object, old } = event;
        const isRelease = mayRelease(groupResourceOf(resource), object, old, Date.now());
        // Objects of every kind have metadata.
        const { namespace } = (object as KubernetesObject).metadata;
        return isRelease ? quotasFor(cache, resource, namespace) : [];
      },
    });
  return [changesOf(Pod), changesOf(Service), changesOf(PersistentVolumeClaim)];
}

/**
 * Deletions of objects of every kind. Nothing is watched before there is a quota; from then on the informers are those
 * that the garbage collector has already.
 */
export function deletedObjects(host: ControllerHost): Source {
  const { client, clock, logger } = host;
  return {
    resource: ResourceQuota,
    bind(cache) {
      const quotas = cache.informer(ResourceQuota);
      return {
        resource: ResourceQuota,
        whenSynced: (signal) => quotas.whenSynced(signal),
        start(sink) {
          const handlers = new DisposableStack();
          const ended = new AbortController();
          handlers.defer(() => ended.abort(new Error('the quota controller has ended')));
          const follow = (resource: Resource): Disposable | undefined => {
            if (resource.scope === 'Cluster') return undefined;
            const recount = (namespace: string | undefined): void => {
              for (const request of quotasFor(cache, resource, namespace)) {
                sink.request(request, false);
              }
            };
            const informer = cache.informer(resource, { transform: onlyMetadata });
            const deleted = ({ metadata }: DeepReadonly<KubernetesObject>): void =>
              recount(metadata.namespace);
            const following = informer.addEventHandler({ deleted });
            // Nobody tells of an object that came and went before its kind was followed.
            informer.whenSynced(ended.signal).then(
              () => recount(undefined),
              () => undefined, // it has ended
            );
            return following;
          };
          let isFollowing = false;
          const begin = (): void => {
            if (isFollowing) return;
            isFollowing = true;
            const kinds = new KindWatcher({ client, cache, clock, logger, verbs, onKind: follow });
            kinds.run(ended.signal).catch((error: unknown) => {
              sink.failed('map function', error);
            });
          };
          handlers.use(quotas.addEventHandler({ added: begin }));
          return handlers;
        },
      };
    },
  };
}
