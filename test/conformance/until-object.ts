import {
  isExpired,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/**
 * Longest wait for something that must happen, in milliseconds. It only bounds a failure: who waits is woken by a watch. Beyond
 * what a real controller takes that looks for new kinds every half minute, on a busy machine.
 */
export const limitMs = 180_000;

/**
 * Waits until one object is as wanted, told by a watch; undefined stands for an object that is not there.
 *
 * @returns the object as it was then
 * @throws Error with the last state seen when it does not come to pass
 */
export async function untilObject<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  { namespace, name }: NamespacedName,
  isWanted: (object: Stored<T>) => boolean,
): Promise<Stored<T>> {
  const [found] = await untilState(client, resource, { namespace, name }, (objects) =>
    objects.some(isWanted),
  );
  if (found === undefined) throw new TypeError('a state without objects was taken for wanted');
  return found;
}

/** Waits until there is no object of this name. */
export async function untilGone<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  { namespace, name }: NamespacedName,
): Promise<void> {
  await untilState(client, resource, { namespace, name }, (objects) => objects.length === 0);
}

/** Which objects {@link untilState} looks at. */
export interface Selected {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** Waits until all objects of a selection together are as wanted, told by a watch. */
export async function untilState<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  { namespace, name, labelSelector }: Selected,
  isWanted: (objects: readonly Stored<T>[]) => boolean,
): Promise<readonly Stored<T>[]> {
  const selection = {
    namespace,
    labelSelector,
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  };
  const limit = AbortSignal.timeout(limitMs);
  for (;;) {
    const { items, metadata } = await client.list(resource, { ...selection, signal: limit });
    const objects = new Map(items.map((item) => [item.metadata.uid, item]));
    const look = (): readonly Stored<T>[] | undefined => {
      const present = [...objects.values()];
      return isWanted(present) ? present : undefined;
    };
    const atOnce = look();
    if (atOnce !== undefined) return atOnce;
    try {
      const { resourceVersion } = metadata;
      for await (const event of client.watch(resource, {
        ...selection,
        resourceVersion,
        signal: limit,
      })) {
        if (event.type === 'BOOKMARK') continue;
        const { object } = event;
        if (event.type === 'DELETED') objects.delete(object.metadata.uid);
        else objects.set(object.metadata.uid, object);
        const now = look();
        if (now !== undefined) return now;
      }
    } catch (error) {
      if (isExpired(error)) continue;
      if (limit.aborted) {
        throw new Error(
          `did not come to pass for ${resource.plural} ${JSON.stringify(selection)}; last seen: ` +
            JSON.stringify([...objects.values()]),
          { cause: error },
        );
      }
      throw error;
    }
  }
}
