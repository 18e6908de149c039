import {
  controllerOf,
  deepEqual,
  Deployment,
  fromLabelSelector,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
  type DeepReadonly,
  type KubernetesObject,
  type LabelSelector,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  requeueAfter,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Request,
  type Result,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { budgetStatus, countsScale } from './budget-status.ts';

/** Tells each PodDisruptionBudget how many of its pods may go now; evictions are charged to that. */
export function createDisruptionController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  const budgetsOf = (
    { metadata }: DeepReadonly<Stored<KubernetesObject>>,
    isConcerned: (budget: DeepReadonly<PodDisruptionBudget>) => boolean,
  ): Request[] =>
    host.cache
      .list(PodDisruptionBudget, { namespace: metadata.namespace })
      .filter(isConcerned)
      .map((budget) => ({ namespace: metadata.namespace, name: budget.metadata.name }));
  const ofPod = (pod: DeepReadonly<Stored<Pod>>): Request[] =>
    budgetsOf(pod, (budget) => counts(budget, pod));
  const ofScale = (resource: Resource) =>
    watch(resource, { map: ({ object }) => budgetsOf(object, countsScale) });
  return createController(host, {
    name: 'disruption',
    for: PodDisruptionBudget,
    watches: [
      watch(Pod, {
        map: (event) => [
          ...ofPod(event.object),
          ...(event.type === 'updated' ? ofPod(event.old) : []),
        ],
      }),
      ...[Deployment, ReplicaSet, ReplicationController, StatefulSet].map(ofScale),
    ],
    reconcile: (request, context) => unlessMoot(() => reconcile(request, context, events)),
  });
}

function counts(budget: DeepReadonly<PodDisruptionBudget>, pod: DeepReadonly<Pod>): boolean {
  const selector = budget.spec?.selector;
  return selector !== undefined && fromLabelSelector(selector).matches(pod.metadata.labels ?? {});
}

async function reconcile(
  request: Request,
  { cache, client, signal }: ReconcileContext,
  events: CoreEventRecorder,
): Promise<Result> {
  const budget = cache.get(PodDisruptionBudget, request);
  if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return done();
  const pods = cache
    .list(Pod, { namespace: request.namespace })
    .filter((pod) => counts(budget, pod));
  if (pods.length === 0) {
    events.recordOn(budget, 'Normal', 'NoPods', 'No matching pods found');
  }
  const scale = countsScale(budget) ? scaleOf(pods, cache) : 0;
  if (countsScale(budget) && pods.some((pod) => controllerOf(pod) === undefined)) {
    const text = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    events.recordOn(budget, 'Warning', 'UnmanagedPods', text);
  }
  if (scale === undefined) {
    const text =
      'Failed to calculate the number of expected pods: found no controllers of a known kind for all pods';
    events.recordOn(budget, 'Warning', 'CalculateExpectedPodCountFailed', text);
  }
  const nowMs = Date.now();
  const { status, recheckInMs } = budgetStatus({ budget, pods, scale: scale ?? 0, nowMs });
  if (!deepEqual(status, budget.status)) {
    // The object is not changed, only copied into the request.
    const next = { ...(budget as Stored<PodDisruptionBudget>), status };
    // An eviction that was charged meanwhile is a conflict: the next look counts it.
    await client.updateStatus(PodDisruptionBudget, next, { signal });
  }
  return recheckInMs === undefined ? done() : requeueAfter(recheckInMs);
}

/** A selector as the field's controllers print it in Events. */
function selectorText(selector: DeepReadonly<LabelSelector> | undefined): string {
  if (selector === undefined) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

/** How many pods the controllers of these ask for; undefined when one of them is of a kind that is not known here. */
function scaleOf(
  pods: readonly DeepReadonly<Stored<Pod>>[],
  cache: ReconcileContext['cache'],
): number | undefined {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const { namespace } = pod.metadata;
    const owner = controllerOf(pod);
    // Nobody asked for a pod that nobody controls.
    if (owner === undefined) continue;
    const ref = { namespace, name: owner.name };
    switch (owner.kind) {
      case 'ReplicaSet': {
        const set = cache.get(ReplicaSet, ref);
        const above = set === undefined ? undefined : controllerOf(set);
        const deployment =
          above?.kind === 'Deployment'
            ? cache.get(Deployment, { namespace, name: above.name })
            : undefined;
        const scaled = deployment ?? set;
        if (scaled !== undefined) scales.set(scaled.metadata.uid, scaled.spec?.replicas ?? 1);
        break;
      }
      case 'StatefulSet':
      case 'ReplicationController': {
        const scaled =
          owner.kind === 'StatefulSet'
            ? cache.get(StatefulSet, ref)
            : cache.get(ReplicationController, ref);
        if (scaled !== undefined) scales.set(scaled.metadata.uid, scaled.spec?.replicas ?? 1);
        break;
      }
      default:
        return undefined;
    }
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}
