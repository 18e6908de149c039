import type { KubernetesObject, NamespacedName, Resource, Stored } from '@kubewright/apimachinery';
import type { ApiRequest } from './api-caller.ts';
import type { ClientContext } from './client-context.ts';
import { decoderOf } from './decoder-of.ts';
import { readBody } from './read-body.ts';
import { withQuery } from './query.ts';
import type { GetOptions } from './read-options.ts';
import { namespaceFor, targetOf } from './target.ts';

/** Sends a request whose answer is one object. */
export async function readObject<T extends KubernetesObject>(
  { caller }: ClientContext,
  resource: Resource<T>,
  request: ApiRequest,
  managedFields: 'keep' | 'drop' = 'keep',
): Promise<Stored<T>> {
  const { maxObjectBytes } = caller.options;
  const response = await caller.open({
    ...request,
    headers: { accept: 'application/json', ...request.headers },
  });
  const decoder = await decoderOf(resource, response, {
    managedFields,
    maxObjectBytes,
    attempt: request.attempt,
  });
  const body = await caller.during(request, () => readBody(response.body, maxObjectBytes));
  return decoder.object(body);
}

/** Reads one object or one of its subresources. */
export async function getObject<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  ref: NamespacedName,
  options: GetOptions = {},
): Promise<Stored<T>> {
  const { subresource, resourceVersion, managedFields, signal } = options;
  const target = targetOf(resource, {
    verb: 'get',
    namespace: namespaceFor(resource, ref.namespace, context.namespace),
    name: ref.name,
    subresource,
  });
  return readObject(
    context,
    resource,
    { ...target, method: 'GET', path: withQuery(target.path, { resourceVersion }), signal },
    managedFields,
  );
}
