import type { KubernetesObject, Resource, Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** Longest wait, in milliseconds: it bounds a failure only, because whoever waits is woken by a watch. */
const limitMs = 300_000;

/** Where to look. */
export interface Place {
  /** Default: all, or none for a kind without namespaces. */
  readonly namespace?: string;
  /** Default: any object of the kind. */
  readonly name?: string;
}

/**
 * Waits, by a watch that begins with what is there, until some object of the kind is as wanted.
 *
 * @throws Error with what was seen last when it does not come to pass.
 */
export async function untilObject<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  { namespace, name }: Place,
  isWanted: (object: Stored<T>) => boolean,
): Promise<Stored<T>> {
  const signal = AbortSignal.timeout(limitMs);
  const fieldSelector = name === undefined ? undefined : `metadata.name=${name}`;
  let last: unknown;
  try {
    for await (const event of client.watch(resource, { namespace, fieldSelector, signal })) {
      if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue;
      last = event.object;
      if (isWanted(event.object)) return event.object;
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
  const what = `${resource.plural} ${namespace ?? '*'}/${name ?? '*'}`;
  throw new Error(`did not come to pass for ${what}; last seen: ${JSON.stringify(last)}`);
}

/** Waits, by a watch, until there is no object of this name. */
export async function untilGone<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  { namespace, name }: Place & { readonly name: string },
): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  const fieldSelector = `metadata.name=${name}`;
  const { items, metadata } = await client.list(resource, { namespace, fieldSelector, signal });
  if (items.length === 0) return;
  const { resourceVersion } = metadata;
  const events = client.watch(resource, { namespace, fieldSelector, resourceVersion, signal });
  for await (const { type } of events) if (type === 'DELETED') return;
}
