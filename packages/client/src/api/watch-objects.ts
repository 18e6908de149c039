import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import type { WatchEvent } from '../decode/watch-event.ts';
import type { ApiRequest } from './api-caller.ts';
import type { ClientContext } from './client-context.ts';
import { decoderOf } from './decoder-of.ts';
import { attempted, selectionQuery } from './list-objects.ts';
import { withQuery } from './query.ts';
import type { WatchOptions } from './read-options.ts';
import { targetOf } from './target.ts';

/** Opens one watch and hands on its events until the server ends it. */
export async function* watchObjects<T extends KubernetesObject>(
  { caller }: ClientContext,
  resource: Resource<T>,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent<T>, void> {
  const { namespace, resourceVersion, sendInitialEvents, timeoutSeconds, signal } = options;
  // The API takes an empty namespace for none.
  const target = targetOf(resource, { verb: 'watch', namespace: namespace || undefined });
  const request: ApiRequest = {
    ...target,
    method: 'GET',
    path: withQuery(target.path, {
      watch: true,
      ...selectionQuery(options),
      resourceVersion,
      allowWatchBookmarks: options.allowBookmarks ?? true,
      sendInitialEvents,
      // The API demands it beside sendInitialEvents, and forbids it otherwise.
      resourceVersionMatch: sendInitialEvents === undefined ? undefined : 'NotOlderThan',
      timeoutSeconds,
    }),
    headers: { accept: 'application/json' },
    longLived: true,
    signal,
  };
  const response = await caller.open(request);
  const decoder = await decoderOf(resource, response, {
    managedFields: options.managedFields ?? 'drop',
    maxObjectBytes: caller.options.maxObjectBytes,
    attempt: request.attempt,
  });
  yield* decoder.events(attempted(response.body, request.attempt));
}
