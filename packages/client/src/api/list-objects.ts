import {
  isExpired,
  type KubernetesObject,
  type ObjectList,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { ListStream } from '../decode/decoder.ts';
import { named, type ApiRequest } from './api-caller.ts';
import type { ClientContext } from './client-context.ts';
import { decoderOf } from './decoder-of.ts';
import { withQuery } from './query.ts';
import type { ListAllOptions, ListOptions, SelectionOptions } from './read-options.ts';
import { targetOf } from './target.ts';

/** The query parameters of a selection. */
export function selectionQuery({ labelSelector, fieldSelector }: SelectionOptions): {
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
} {
  return {
    labelSelector: labelSelector?.toString(),
    fieldSelector: fieldSelector?.toString(),
  };
}

/** Reads a list, item by item while it arrives. */
export async function streamList<T extends KubernetesObject>(
  { caller }: ClientContext,
  resource: Resource<T>,
  options: ListOptions = {},
): Promise<ListStream<T>> {
  const { namespace, limit, resourceVersion, resourceVersionMatch, signal } = options;
  // The API takes an empty namespace for none.
  const target = targetOf(resource, { verb: 'list', namespace: namespace || undefined });
  const request: ApiRequest = {
    ...target,
    method: 'GET',
    path: withQuery(target.path, {
      ...selectionQuery(options),
      limit,
      continue: options.continue,
      resourceVersion,
      resourceVersionMatch,
    }),
    headers: { accept: 'application/json' },
    signal,
  };
  const response = await caller.open(request);
  const decoder = await decoderOf(resource, response, {
    managedFields: options.managedFields ?? 'drop',
    maxObjectBytes: caller.options.maxObjectBytes,
    attempt: request.attempt,
  });
  return decoder.list(attempted(response.body, request.attempt));
}

/** Reads one list, or one page of it. */
export async function listObjects<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  options: ListOptions = {},
): Promise<ObjectList<Stored<T>>> {
  const { metadata, items } = await streamList(context, resource, options);
  const all: Stored<T>[] = [];
  for await (const item of items) all.push(item);
  return {
    apiVersion: resource.apiVersion,
    kind: resource.listKind,
    metadata: metadata,
    items: all,
  };
}

/** Reads all objects in pages. */
export async function* listAllObjects<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  options: ListAllOptions = {},
): AsyncGenerator<Stored<T>, void> {
  const { pageSize = 500, resourceVersion, resourceVersionMatch, ...selection } = options;
  let page: ListOptions = { ...selection, limit: pageSize, resourceVersion, resourceVersionMatch };
  for (;;) {
    let token: string | undefined;
    try {
      const { metadata, items } = await streamList(context, resource, page);
      yield* items;
      token = metadata.continue;
    } catch (error) {
      token = page.continue === undefined ? undefined : freshToken(error);
      if (token === undefined) throw error;
    }
    if (token === undefined || token === '') return;
    // A token carries the version of the list it continues; the server refuses another beside it.
    page = { ...selection, limit: pageSize, continue: token };
  }
}

/** The token in the answer to an expired one: it goes on at the same place in a newer version of the list. */
function freshToken(error: unknown): string | undefined {
  return isExpired(error) ? error.status.metadata?.continue : undefined;
}

/** A body whose errors name the attempt. */
export async function* attempted(
  body: AsyncIterable<Uint8Array>,
  attempt: string,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (error) {
    throw named(error, attempt);
  }
}
