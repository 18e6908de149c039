import { Pod, type NamespacedName } from '@kubewright/apimachinery';
import type { ApiRequest } from '../api/api-caller.ts';
import type { ClientContext } from '../api/client-context.ts';
import { attempted } from '../api/list-objects.ts';
import { withQuery } from '../api/query.ts';
import { namespaceFor, targetOf } from '../api/target.ts';

/** Which part of a log is wanted. */
export interface LogOptions {
  /** Default: the pod's only container. */
  readonly container?: string | undefined;
  /** Go on as long as the container writes. Default false. */
  readonly follow?: boolean | undefined;
  /** The log of the container before its last restart. Default false. */
  readonly previous?: boolean | undefined;
  /** Lines from the end, 0 or more. Default: all. */
  readonly tailLines?: number | undefined;
  /** What is at most so many seconds old, 1 or more. Default: all. */
  readonly sinceSeconds?: number | undefined;
  /** What is not older than this time (RFC 3339). Default: all. */
  readonly sinceTime?: string | undefined;
  /** Put the time in front of each line. Default false. */
  readonly timestamps?: boolean | undefined;
  /** Bytes after which the server stops, 1 or more. Default: no bound. */
  readonly limitBytes?: number | undefined;
  /** Both streams mixed, or one of them (servers that can tell them apart). Default: the server's, `All`. */
  readonly stream?: 'All' | 'Stdout' | 'Stderr' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the log of a container. */
export async function openPodLogs(
  context: ClientContext,
  ref: NamespacedName,
  options: LogOptions = {},
): Promise<AsyncIterable<Uint8Array>> {
  const { signal, follow = false, ...query } = options;
  const namespace = namespaceFor(Pod, ref.namespace, context.namespace);
  const target = targetOf(Pod, { verb: 'get', namespace, name: ref.name, subresource: 'log' });
  const request: ApiRequest = {
    ...target,
    attempt: `read the log of Pod ${namespace ?? ''}/${ref.name}`,
    method: 'GET',
    path: withQuery(target.path, { ...query, follow: follow ? true : undefined }),
    // A followed log is silent as long as the container is; so is its answer's head.
    longLived: follow,
    signal,
  };
  const response = await context.caller.open(request);
  return attempted(response.body, request.attempt);
}
