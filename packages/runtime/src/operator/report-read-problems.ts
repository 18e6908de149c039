import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import type { Cached } from '../cache/event-handler.ts';
import type { Manager } from '../manager/manager.ts';
import { readProblemEvent } from '../manager/read-problem-event.ts';

/**
 * Tells whoever made objects of a resource of what the operator may not read (`MissingPermission`) or what is not there to be read
 * (`MissingResource`): in a `Warning` Event on each of the objects in the namespace concerned, as soon as both are known.
 * The manager tells it of its own pod in any case, which others may not see. Disposing the answer ends it.
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
    for (const problem of cache.problems()) {
      const { namespace } = problem;
      if (namespace !== undefined && namespace !== metadata.namespace) continue;
      const event = readProblemEvent(problem);
      if (event !== undefined) recorder.event(object, event);
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
