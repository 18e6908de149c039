import { Pod } from '@kubewright/apimachinery';
import { createController, requestFor, watch } from '@kubewright/runtime';
import type { Controller, Manager } from '@kubewright/runtime';
import { Foo } from './api/foo.ts';
import { fooMetrics } from './foo-metrics.ts';
import { FooReconciler } from './foo-reconciler.ts';
import { isReady } from './foo-status.ts';
import { FoosByFriend } from './foos-by-friend.ts';
import { podSource } from './pod-source.ts';

/** Name of the operator in Events, metrics, leases and manifests. */
export const operatorName = 'foo';

/** What the controller may be told besides its manager. */
export interface FooControllerOptions {
  /** Foos that are worked on at a time. Default 4. */
  readonly concurrency?: number;
}

/**
 * Makes the controller of Foos, for the namespaces of the manager.
 *
 * A change of a Foo concerns that Foo, unless its status is already as it should be, as after the controller's own write. A change of a pod
 * concerns the Foos that look for it.
 */
export function createFooController(
  manager: Manager,
  { concurrency = 4 }: FooControllerOptions = {},
): Controller {
  const { resource } = Foo;
  const foos = new FoosByFriend(manager.cache);
  const reconciler = new FooReconciler({
    manager,
    recorder: manager.eventRecorder(operatorName),
    onChanged: fooMetrics(manager.metrics),
  });
  return createController(manager, {
    name: operatorName,
    for: {
      resource,
      predicates: [
        (event) =>
          event.type !== 'updated' || !isReady(event.object) || !reconciler.isSettled(event.object),
      ],
    },
    watches: [
      watch(Pod, {
        ...podSource,
        map: ({ object: { metadata } }) =>
          foos.lookingFor(metadata.namespace, metadata.name).map(requestFor),
      }),
    ],
    concurrency,
    reconcile: (request, context) => reconciler.reconcile(request, context),
  });
}
