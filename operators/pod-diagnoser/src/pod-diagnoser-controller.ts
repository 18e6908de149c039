import { Pod } from '@kubewright/apimachinery';
import type { NamespacedName } from '@kubewright/apimachinery';
import { createController, generationChanged, requestFor, watch } from '@kubewright/runtime';
import type { Controller, Manager } from '@kubewright/runtime';
import { PodDiagnoser } from './api/pod-diagnoser.ts';
import { diagnoserMetrics } from './diagnoser-metrics.ts';
import { PodEvents } from './diagnosis/pod-events.ts';
import { crashedPod, podInformer, podSource } from './reconcile/crashed-pods.ts';
import { PodDiagnoserReconciler } from './reconcile/pod-diagnoser-reconciler.ts';
import { responsibleFor } from './selection/responsible-diagnoser.ts';

/** Name of the operator in Events, metrics, leases and manifests. */
export const operatorName = 'pod-diagnoser';

/** What the controller needs to know besides its manager. */
export interface PodDiagnoserControllerOptions {
  /** The pod this operator runs in, which it never deletes. Default: outside a cluster. */
  readonly self?: NamespacedName | undefined;
  /** Diagnosers that are worked on at a time. Default 4. */
  readonly concurrency?: number;
}

/**
 * Makes the controller of PodDiagnosers, for the namespaces of the manager; each diagnoser acts in its own namespace only.
 *
 * A change of a pod concerns the one diagnoser that is responsible for it, and only when a crash has not been dealt with; a change of a
 * diagnoser concerns all diagnosers of its namespace, because who is responsible may change.
 */
export function createPodDiagnoserController(
  manager: Manager,
  options: PodDiagnoserControllerOptions = {},
): Controller {
  const { cache, clock, metrics } = manager;
  const { resource } = PodDiagnoser;
  const reconciler = new PodDiagnoserReconciler({
    pods: podInformer(cache),
    events: new PodEvents(cache),
    recorder: manager.eventRecorder(operatorName),
    clock,
    self: options.self,
    onCounted: diagnoserMetrics(metrics),
  });
  const diagnosersIn = (namespace: string | undefined) => cache.list(resource, { namespace });

  return createController(manager, {
    name: operatorName,
    for: { resource, predicates: [generationChanged()] },
    watches: [
      watch(resource, {
        predicates: [generationChanged()],
        map: ({ object }) => diagnosersIn(object.metadata.namespace).map(requestFor),
      }),
      watch(Pod, {
        ...podSource,
        map: ({ type, object }) => {
          if (type === 'deleted' || crashedPod(object) === undefined) return [];
          const responsible = responsibleFor(object, diagnosersIn(object.metadata.namespace));
          return responsible === undefined ? [] : [requestFor(responsible)];
        },
      }),
    ],
    concurrency: options.concurrency ?? 4,
    reconcile: (request, context) => reconciler.reconcile(request, context),
  });
}
