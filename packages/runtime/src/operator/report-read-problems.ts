import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import type { Cached } from '../cache/event-handler.ts';
import type { Manager } from '../manager/manager.ts';
import { readProblemEvent } from '../cache/read-problem-event.ts';
import { ReadProblemCondition } from './read-problem-condition.ts';

/** How it is reported that something cannot be read. */
export interface ReadProblemReport {
  /** In whose name the Events are, such as the name of the operator. */
  readonly component: string;
  /**
   * Type of a condition, such as `Ready`, that is set to `False` too, with the reason of the Event. The reconciler, which runs when all can be
   * read again, sets it back. Default: none, Events only.
   */
  readonly condition?: string;
}

/**
 * Tells whoever made objects of a resource of what the operator may not read (`MissingPermission`) or what is not there to be read
 * (`MissingResource`): in a `Warning` Event on each of the objects in the namespace concerned, and in a condition if one is named, as soon as
 * both are known. Without a complete picture no reconciler runs that could tell. The manager tells it of its own pod in any case, which
 * others may not see. Disposing the answer ends it.
 *
 * Caveats: standbys report too, since nobody leads before all has been read; what they write is the same.
 */
export function reportReadProblems<T extends KubernetesObject>(
  manager: Manager,
  resource: Resource<T>,
  { component, condition }: ReadProblemReport,
): AsyncDisposable {
  const { cache } = manager;
  const recorder = manager.eventRecorder(component);
  const objects = cache.informer(resource);
  const conditions =
    condition === undefined ? undefined : new ReadProblemCondition(manager, resource, condition);

  const report = (object: Cached<T>): void => {
    for (const { reason, message } of readProblems(manager, namespaceOf(object))) {
      recorder.event(object, { type: 'Warning', reason, action: 'Watch', note: message });
      conditions?.write(object, { reason, message });
    }
  };
  // Whichever of the two becomes known last.
  const added = objects.addEventHandler({
    added: (object) => {
      report(object);
    },
  });
  const changed = cache.onProblem(() => {
    for (const object of objects.list()) report(object);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      added[Symbol.dispose]();
      changed[Symbol.dispose]();
      await conditions?.stop();
    },
  };
}

/** Why something cannot be read until a person grants or installs what is missing. */
export interface ReadProblem {
  /** `MissingPermission` or `MissingResource`. */
  readonly reason: string;
  /** Sentence for people: what, where and why. */
  readonly message: string;
}

/** What of the manager's cache cannot be read that concerns a namespace, and will not pass by itself. Empty when all is well. */
export function readProblems(
  { cache }: Pick<Manager, 'cache'>,
  namespace: string | undefined,
): readonly ReadProblem[] {
  return cache
    .problems()
    .filter((problem) => problem.namespace === undefined || problem.namespace === namespace)
    .map(readProblemEvent)
    .filter((event) => event !== undefined)
    .map(({ reason, note }) => ({ reason, message: note }));
}

function namespaceOf<T extends KubernetesObject>(object: Cached<T>): string | undefined {
  // Every cached object has metadata; the type parameter hides it.
  return (object as Cached<KubernetesObject>).metadata.namespace;
}
