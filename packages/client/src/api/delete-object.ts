import {
  Pod,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Status,
  type Stored,
} from '@kubewright/apimachinery';
import type { ClientContext } from './client-context.ts';
import { selectionQuery } from './list-objects.ts';
import { withQuery } from './query.ts';
import { namespaceFor, targetOf } from './target.ts';
import { jsonBody } from './write-object.ts';
import type { DeleteAllOptions, DeleteOptions, EvictOptions } from './write-options.ts';

/** Deletes an object. */
export async function deleteObject<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  ref: NamespacedName,
  options: DeleteOptions = {},
): Promise<Stored<T> | Status> {
  const target = targetOf(resource, {
    verb: 'delete',
    namespace: namespaceFor(resource, ref.namespace, context.namespace),
    name: ref.name,
  });
  const answer = await context.caller.json({
    ...target,
    method: 'DELETE',
    ...jsonBody(deleteBody(options)),
    signal: options.signal,
  });
  // The API answers with the object while it still exists, with a Status once it is gone.
  return answer as Stored<T> | Status;
}

/** Deletes the objects of a selection. */
export async function deleteObjects<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  options: DeleteAllOptions = {},
): Promise<void> {
  const target = targetOf(resource, {
    verb: 'deletecollection',
    namespace: namespaceFor(resource, options.namespace, context.namespace),
  });
  await context.caller.json({
    ...target,
    method: 'DELETE',
    path: withQuery(target.path, selectionQuery(options)),
    ...jsonBody(deleteBody(options)),
    signal: options.signal,
  });
}

/** Asks for a pod to be removed with respect for disruption budgets. */
export async function evictPod(
  context: ClientContext,
  ref: NamespacedName,
  options: EvictOptions = {},
): Promise<void> {
  const namespace = namespaceFor(Pod, ref.namespace, context.namespace);
  const target = targetOf(Pod, {
    verb: 'create',
    namespace,
    name: ref.name,
    subresource: 'eviction',
  });
  await context.caller.json({
    ...target,
    attempt: `evict Pod ${namespace ?? ''}/${ref.name}`,
    method: 'POST',
    ...jsonBody({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: ref.name, namespace },
      deleteOptions: deleteBody(options),
    }),
    signal: options.signal,
  });
}

function deleteBody(options: DeleteOptions): object {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds,
    propagationPolicy,
    preconditions,
    dryRun: dryRun === true ? ['All'] : undefined,
  };
}
