import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import { Controller } from './controller.ts';
import type { ControllerHost, ControllerOptions } from './controller-options.ts';
import { watchOwned, watchPrimary, type SourceOptions } from './source.ts';

/**
 * Makes a controller for the objects of one resource. Its informers are asked of the cache now; nothing begins before
 * the manager starts it.
 *
 * @throws TypeError when the name is empty or the concurrency is not a whole number from 1.
 * @throws SelectorError when a selector cannot be read.
 *
 * @example
 * ```ts
 * manager.add(createController(manager, {
 *   name: 'foo',
 *   for: Foo,
 *   owns: [Deployment],
 *   reconcile: async ({ namespace, name }, { cache, client, signal }) => {
 *     const foo = cache.get(Foo, { namespace, name });
 *     if (foo === undefined) return done();
 *     await ensureDeployment(client, foo, signal);
 *     return requeueAfter(60_000);
 *   },
 * }));
 * ```
 */
export function createController<T extends KubernetesObject>(
  host: ControllerHost,
  options: ControllerOptions<T>,
): Controller {
  const { name, concurrency = 1, abandonAfterMs = 5_000, reconcile } = options;
  if (name === '') throw new TypeError('a controller needs a name');
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new TypeError(`concurrency must be a whole number from 1, got ${concurrency}`);
  }
  const primary = sourceOptions(options.for);
  // The primary source is used for reading keys and uids only, which objects of every type have.
  const anyPrimary = primary as unknown as SourceOptions<KubernetesObject>;
  const owned = (options.owns ?? []).map((each) => watchOwned(sourceOptions(each), anyPrimary));
  return new Controller(host, {
    name,
    concurrency,
    abandonAfterMs,
    reconcile,
    primary: anyPrimary,
    sources: [watchPrimary(primary), ...owned, ...(options.watches ?? [])],
    reconcileTimeoutMs: options.reconcileTimeoutMs,
    rateLimiter: options.rateLimiter,
    resyncMs: options.resyncMs,
    needsLeaderElection: options.needsLeaderElection ?? true,
  });
}

function sourceOptions<T extends KubernetesObject>(
  source: Resource<T> | SourceOptions<T>,
): SourceOptions<T> {
  return 'resource' in source ? source : { resource: source };
}
