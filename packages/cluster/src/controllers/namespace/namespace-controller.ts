import {
  deepEqual,
  formatTime,
  groupResourceOf,
  isNotFound,
  Namespace,
  Pod,
  resourcePath,
  StatusError,
  type DeepReadonly,
  type KubernetesObject,
  type NamespaceCondition,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  requeueAfter,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
} from '@kubewright/runtime';
import { discoverResources } from '../../discovery/discover-resources.ts';

/** The finalizer in `spec.finalizers` that stands for all the content of a namespace. */
const contentFinalizer = 'kubernetes';
/** Content that ends by itself (pods with a grace period) is looked at again after this time. */
const recheckMs = 500;

/** Empties a namespace that is being deleted, then lets it go. */
export function createNamespaceController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'namespace',
    for: Namespace,
    concurrency: 4,
    reconcile: async ({ name }, context) => {
      const namespace = context.cache.get(Namespace, { name });
      if (namespace?.metadata.deletionTimestamp === undefined) return done();
      if (!namespace.spec?.finalizers?.includes(contentFinalizer)) return done();
      const left = await empty(name, context);
      await report(namespace, left, context);
      const errors = left.flatMap(({ error }) => (error === undefined ? [] : [error]));
      if (errors.length > 0) {
        throw new AggregateError(errors, `namespace ${name} could not be emptied`);
      }
      if (left.length > 0) return requeueAfter(recheckMs);
      await finalize(namespace, context);
      return done();
    },
  });
}

/** What is left of one kind after everything in it was asked to go. */
interface Remainder {
  readonly resource: Resource;
  readonly objects: readonly Stored<KubernetesObject>[];
  /** Why they could not be asked; then it is not known which there are. */
  readonly error?: StatusError;
}

/**
 * Asks for everything to be deleted. Pods go first, and all else waits for them: what runs keeps its permissions, its
 * configuration and the network policies it lives under to its end (KEP 5080).
 *
 * @returns the kinds of which something is left
 */
async function empty(namespace: string, context: ReconcileContext): Promise<Remainder[]> {
  const pods = await emptyOf(Pod, namespace, context);
  if (isLeft(pods)) return [pods];
  const { client, signal } = context;
  const resources = await discoverResources(client, ['list', 'deletecollection'], signal);
  const remainders = await Promise.all(
    resources
      .filter(({ scope }) => scope === 'Namespaced')
      .map((resource) => emptyOf(resource, namespace, context)),
  );
  return remainders.filter(isLeft);
}

function isLeft({ objects, error }: Remainder): boolean {
  return objects.length > 0 || error !== undefined;
}

async function emptyOf(
  resource: Resource,
  namespace: string,
  { client, signal }: ReconcileContext,
): Promise<Remainder> {
  try {
    const { items } = await client.list(resource, { namespace, signal });
    if (items.length === 0) return { resource, objects: [] };
    const propagationPolicy = 'Background';
    await client.deleteAllOf(resource, { namespace, propagationPolicy, signal });
    const left = await client.list(resource, { namespace, signal });
    return { resource, objects: left.items };
  } catch (error) {
    // The kind went away with its definition while it was looked at.
    if (isNotFound(error)) return { resource, objects: [] };
    // A webhook may forbid it, for one; that must not keep the others.
    if (error instanceof StatusError) return { resource, objects: [], error };
    throw error;
  }
}

/** What every namespace says that goes: kinds are never read in part here. */
const discoveryConditions: readonly NamespaceCondition[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'False',
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
];

/** Tells in the status what keeps the namespace from going. */
async function report(
  namespace: DeepReadonly<Stored<Namespace>>,
  left: readonly Remainder[],
  { client, signal }: ReconcileContext,
): Promise<void> {
  const before = namespace.status?.conditions ?? [];
  const now = formatTime(new Date());
  const conditions = [
    ...discoveryConditions,
    deletionCondition(left),
    contentCondition(left.filter(({ error }) => error === undefined)),
    finalizerCondition(left),
  ].map((condition): NamespaceCondition => {
    const old = before.find(({ type }) => type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now;
    return { ...condition, lastTransitionTime };
  });
  if (deepEqual(before, conditions)) return;
  // Copied into the request, not changed: dropping the mark is safe.
  const status = { ...namespace.status, conditions };
  const body = { ...(namespace as Stored<Namespace>), status };
  await client.updateStatus(Namespace, body, { signal });
}

function deletionCondition(left: readonly Remainder[]): NamespaceCondition {
  const type = 'NamespaceDeletionContentFailure';
  const texts = left.flatMap(({ error }) => (error === undefined ? [] : [messageOf(error)])).sort();
  if (texts.length === 0) {
    return {
      type,
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    };
  }
  return {
    type,
    status: 'True',
    reason: 'ContentDeletionFailed',
    message: `Failed to delete all resource types, ${texts.length} remaining: ${texts.join(', ')}`,
  };
}

function messageOf({ status, message }: StatusError): string {
  return status.message ?? message;
}

function contentCondition(remaining: readonly Remainder[]): NamespaceCondition {
  const type = 'NamespaceContentRemaining';
  if (remaining.length === 0) {
    return {
      type,
      status: 'False',
      reason: 'ContentRemoved',
      message: 'All content successfully removed',
    };
  }
  const counts = remaining
    .map(
      ({ resource, objects }) =>
        `${groupResourceOf(resource)}. has ${objects.length} resource instances`,
    )
    .sort();
  return {
    type,
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${counts.join(', ')}`,
  };
}

function finalizerCondition(remaining: readonly Remainder[]): NamespaceCondition {
  const type = 'NamespaceFinalizersRemaining';
  const counts = new Map<string, number>();
  for (const { objects } of remaining) {
    for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
    }
  }
  if (counts.size === 0) {
    return {
      type,
      status: 'False',
      reason: 'ContentHasNoFinalizers',
      message: 'All content-preserving finalizers finished',
    };
  }
  const list = [...counts]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .sort();
  return {
    type,
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: `Some content in the namespace has finalizers remaining: ${list.join(', ')}`,
  };
}

async function finalize(
  namespace: DeepReadonly<Stored<Namespace>>,
  { client, signal }: ReconcileContext,
): Promise<void> {
  const { name } = namespace.metadata;
  try {
    const fresh = await client.get(Namespace, { name }, { signal });
    const finalizers = (fresh.spec?.finalizers ?? []).filter((it) => it !== contentFinalizer);
    await client.raw({
      method: 'PUT',
      path: resourcePath(Namespace, { name, subresource: 'finalize' }),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...fresh, spec: { ...fresh.spec, finalizers } }),
      signal,
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
