import { formatTime, fromLabelSelector } from '@kubewright/apimachinery';
import { modifyAsServer } from '../../apply/modify-as-server.ts';
import type { JsonObject, ServerResponse } from '../../contracts.ts';
import { ensureObject, listAt, numberAt, objectAt, textAt } from '../../registry/json-read.ts';
import { badRequest, failure, unclassifiedError } from '../../status.ts';
import { encodeAnswer } from '../answer.ts';
import { parseObjectBody } from '../body.ts';
import { deleteRequested } from '../delete-object.ts';
import type { DeleteOptions } from '../delete-options.ts';
import { findRequested } from '../get.ts';
import { admitSubject } from '../create.ts';
import { contentTypeOf } from '../media-type.ts';
import type { Operation } from '../services.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
/** Disruptions that were allowed and that nobody has seen happen yet; more is a sign of a stuck controller. */
const MAX_DISRUPTED_PODS = 2000;

/** The budgets that count a pod. */
function budgetsOf(operation: Operation, pod: JsonObject): JsonObject[] {
  const { store } = operation.services;
  const { namespace, labels } = objectAt(pod, 'metadata');
  return store.list(BUDGETS, namespace as string).filter((budget) => {
    const selector = objectAt(budget, 'spec')['selector'] as JsonObject | undefined;
    if (selector === undefined) return false;
    // Stored objects were decoded: a selector and labels of the declared types.
    return fromLabelSelector(selector).matches((labels ?? {}) as Record<string, string>);
  });
}

function isDone(pod: JsonObject): boolean {
  const phase = textAt(objectAt(pod, 'status'), 'phase');
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending';
}

function isReady(pod: JsonObject): boolean {
  return listAt(objectAt(pod, 'status'), 'conditions').some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
}

function refuse(budget: JsonObject, message: string): Error {
  const name = textAt(objectAt(budget, 'metadata'), 'name');
  return failure(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${name} ${message}` }],
    },
  );
}

/** Takes one disruption out of a budget. @throws StatusError 429 when it has none left */
function takeDisruption(
  operation: Operation,
  budget: JsonObject,
  podName: string,
  dryRun: boolean,
): void {
  const { clock } = operation.services;
  const metadata = objectAt(budget, 'metadata');
  const status = objectAt(budget, 'status');
  const observed = numberAt(status, 'observedGeneration') ?? 0;
  if (observed < (numberAt(metadata, 'generation') ?? 0)) {
    throw failure(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${textAt(metadata, 'name')} is still being processed by the server.`,
          },
        ],
        retryAfterSeconds: 10,
      },
    );
  }
  const allowed = numberAt(status, 'disruptionsAllowed') ?? 0;
  const { desiredHealthy, currentHealthy } = status as Record<string, number | undefined>;
  if (allowed < 0) throw refuse(budget, 'has a negative number of allowed disruptions');
  if (Object.keys(objectAt(status, 'disruptedPods')).length > MAX_DISRUPTED_PODS) {
    throw refuse(budget, 'has too many disruptions waiting to be seen');
  }
  if (allowed === 0) {
    const [desired, current] = [desiredHealthy ?? 0, currentHealthy ?? 0];
    throw refuse(
      budget,
      current > desired
        ? 'does not allow evicting pods currently'
        : `needs ${desired} healthy pods and has ${current} currently`,
    );
  }
  if (dryRun) return;
  const { namespace, name } = metadata as { namespace: string; name: string };
  const kind = {
    group: 'policy',
    version: 'v1',
    plural: 'poddisruptionbudgets',
    subresource: 'status',
  };
  modifyAsServer(operation.services, { ...kind, namespace, name }, (stored) => {
    const storedStatus = objectAt(stored, 'status');
    const now = formatTime(new Date(clock.now()));
    storedStatus['disruptionsAllowed'] = allowed - 1;
    storedStatus['disruptedPods'] = { ...objectAt(storedStatus, 'disruptedPods'), [podName]: now };
    if (allowed === 1) storedStatus['conditions'] = exhausted(storedStatus, metadata, now);
  });
}

/** The conditions of a budget whose last disruption was just taken. */
function exhausted(status: JsonObject, metadata: JsonObject, now: string): JsonObject[] {
  const others = listAt(status, 'conditions').filter(
    (condition) => condition['type'] !== 'DisruptionAllowed',
  );
  return [
    ...others,
    {
      type: 'DisruptionAllowed',
      status: 'False',
      observedGeneration: numberAt(metadata, 'generation') ?? 0,
      lastTransitionTime: now,
      reason: 'InsufficientPods',
      message: '',
    },
  ];
}

/** Whether a pod that is not ready may go without asking its budget. */
function skipsBudget(pod: JsonObject, budget: JsonObject): boolean {
  if (isReady(pod)) return false;
  const status = objectAt(budget, 'status');
  const policy = textAt(objectAt(budget, 'spec'), 'unhealthyPodEvictionPolicy');
  if (policy === 'AlwaysAllow') return true;
  const current = numberAt(status, 'currentHealthy') ?? 0;
  const desired = numberAt(status, 'desiredHealthy') ?? 0;
  return current >= desired && desired > 0;
}

function deleteOptionsOf(eviction: JsonObject, dryRun: boolean): DeleteOptions {
  const options = objectAt(eviction, 'deleteOptions');
  const preconditions = objectAt(options, 'preconditions');
  return {
    gracePeriodSeconds: numberAt(options, 'gracePeriodSeconds'),
    propagationPolicy: undefined,
    uid: (preconditions['uid'] ?? undefined) as string | undefined,
    resourceVersion: (preconditions['resourceVersion'] ?? undefined) as string | undefined,
    dryRun,
    isAdmitted: true,
  };
}

/** Says on the pod why it goes. @returns its new state; undefined where the deletion will be refused anyway. */
function markDisrupted(
  { services, info, type }: Operation,
  pod: JsonObject,
  { uid, resourceVersion }: DeleteOptions,
): JsonObject | undefined {
  const metadata = objectAt(pod, 'metadata');
  if (uid !== undefined && uid !== metadata['uid']) return undefined;
  if (resourceVersion !== undefined && resourceVersion !== metadata['resourceVersion']) {
    return undefined;
  }
  const { store, clock } = services;
  // The namespace of a pod is a text.
  return store.modify(type.storageKey, metadata['namespace'] as string, info.name, (stored) => {
    const status = ensureObject(stored, 'status');
    const others = listAt(status, 'conditions').filter(
      (condition) => condition['type'] !== 'DisruptionTarget',
    );
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: formatTime(new Date(clock.now())),
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    status['conditions'] = [...others, condition];
    return stored;
  });
}

/** POST of `pods/eviction`: a deletion that asks the disruption budgets first. */
export async function createEviction(operation: Operation): Promise<ServerResponse> {
  const { request, info, format } = operation;
  const { object: eviction } = parseObjectBody(
    request.body,
    contentTypeOf(request.headers),
    'Eviction',
  );
  const name = textAt(objectAt(eviction, 'metadata'), 'name');
  if (name !== info.name) throw badRequest('name in URL does not match name in Eviction object');
  const listed = (objectAt(eviction, 'deleteOptions')['dryRun'] ?? []) as string[];
  const isDryRequest = request.query.getAll('dryRun').includes('All');
  const dryRun = isDryRequest || listed.includes('All');
  const pod = findRequested(operation).object;
  const kind = { group: 'policy', version: 'v1', kind: 'Eviction' };
  // What the eviction says of the deletion is no fact of the request.
  await admitSubject(operation, { kind, object: eviction, dryRun: isDryRequest });
  const isLeaving = objectAt(pod, 'metadata')['deletionTimestamp'] !== undefined;
  if (!isDone(pod) && !isLeaving) {
    const budgets = budgetsOf(operation, pod);
    if (budgets.length > 1) {
      throw unclassifiedError(
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
    }
    for (const budget of budgets) {
      if (!skipsBudget(pod, budget)) takeDisruption(operation, budget, info.name, dryRun);
    }
  }
  const options = deleteOptionsOf(eviction, dryRun);
  const marked = dryRun ? undefined : markDisrupted(operation, pod, options);
  await deleteRequested(operation, {
    ...options,
    // Who named a version meant the one before our own write.
    ...(marked === undefined || options.resourceVersion === undefined
      ? {}
      : { resourceVersion: textAt(objectAt(marked, 'metadata'), 'resourceVersion') }),
  });
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return encodeAnswer(201, success, request, { ...format, as: 'object' });
}
