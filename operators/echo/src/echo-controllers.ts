import { hasFinalizer, type KubernetesObject } from '@kubewright/apimachinery';
import {
  createController,
  ExponentialBackoff,
  requestFor,
  watch,
  type Controller,
  type Manager,
} from '@kubewright/runtime';
import { echoperatorMetrics, type EchoperatorMetrics } from './echoperator-metrics.ts';
import { EchoReconciler } from './reconcile/echo-reconciler.ts';
import { echoWork } from './work/echo-work.ts';
import { scheduledEchoWork } from './work/scheduled-echo-work.ts';
import type { AnyEcho, Work } from './work/work.ts';

/** Name of the operator in Events, metrics, leases and manifests. */
export const operatorName = 'echoperator';

/** What the controllers may be told besides their manager. */
export interface EchoControllersOptions {
  /** Objects of each kind that are worked on at a time. Default 4. */
  readonly concurrency?: number;
}

/** Pauses before the first and before the last retry, in milliseconds. */
const retryDelays = { baseDelayMs: 2_000, maxDelayMs: 8_000 };

/** Makes the controllers of Echos and ScheduledEchos, for the namespaces of the manager. */
export function createEchoControllers(
  manager: Manager,
  options: EchoControllersOptions = {},
): readonly Controller[] {
  const metrics = echoperatorMetrics(manager.metrics);
  return [
    createWorkController(manager, 'echo', echoWork, metrics, options),
    createWorkController(manager, 'scheduled-echo', scheduledEchoWork, metrics, options),
  ];
}

/**
 * A change of an object concerns it; a change of a Job or CronJob concerns the object of its name, whosever it is, and none
 * when there is no such object and nothing holds the child.
 */
function createWorkController<Owner extends AnyEcho, Child extends KubernetesObject>(
  manager: Manager,
  name: string,
  work: Work<Owner, Child>,
  metrics: EchoperatorMetrics,
  { concurrency = 4 }: EchoControllersOptions,
): Controller {
  const { resource, childResource, childTransform, recordedFirst } = work;
  const owners = manager.cache.informer(resource);
  const recorder = manager.eventRecorder(operatorName);
  const reconciler = new EchoReconciler({ work, manager, recorder, metrics });
  return createController(manager, {
    name,
    for: { resource, predicates: [(event) => reconciler.isWorthALook(event)] },
    watches: [
      watch(childResource, {
        transform: childTransform,
        map: ({ object }) => {
          const request = requestFor(object);
          const isHeld = recordedFirst !== undefined && hasFinalizer(object, recordedFirst);
          return isHeld || owners.get(request) !== undefined ? [request] : [];
        },
      }),
    ],
    concurrency,
    rateLimiter: new ExponentialBackoff(retryDelays),
    reconcile: (request, context) => reconciler.reconcile(request, context),
  });
}
