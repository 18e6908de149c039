import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import type { Cached } from '../cache/event-handler.ts';
import type { Manager } from '../manager/manager.ts';

/**
 * Tells of what the operator may not read, in a `Warning` Event `MissingPermission` on each object of the resource in the namespace
 * concerned, as soon as both are known. The log and `/readyz` name it in any case. Disposing the answer ends it.
 *
 * @param component - Reports the Events, such as the name of the operator.
 */
export function reportReadProblems<T extends KubernetesObject>(
  manager: Manager,
  resource: Resource<T>,
  component: string,
): Disposable {
  const { cache } = manager;
  const recorder = manager.eventRecorder(component);
  const objects = cache.informer(resource);

  const report = (object: Cached<T>): void => {
    // Every cached object has metadata; the type parameter hides it.
    const { metadata } = object as Cached<KubernetesObject>;
    for (const { state } of cache.informers()) {
      if (state.phase !== 'failing' || state.problem.kind !== 'denied') continue;
      const { namespace, verb, resource: denied, message } = state.problem;
      if (namespace !== undefined && namespace !== metadata.namespace) continue;
      const where = namespace === undefined ? 'all namespaces' : `namespace "${namespace}"`;
      recorder.event(object, {
        type: 'Warning',
        reason: 'MissingPermission',
        action: 'Watch',
        note: `cannot ${verb} ${denied} in ${where}: ${message}`,
      });
    }
  };
  // Whichever of the two becomes known last.
  using disposables = new DisposableStack();
  disposables.use(
    objects.addEventHandler({
      added: (object) => {
        report(object);
      },
    }),
  );
  disposables.use(
    cache.onProblem(() => {
      for (const object of objects.list()) report(object);
    }),
  );
  return disposables.move();
}
