import { isNotFound, Pod, type PodStatus, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** Writes the status of a pod as a node would. */
export async function setPodStatus(
  client: Client,
  { metadata: { namespace, name } }: Stored<Pod>,
  status: PodStatus,
): Promise<void> {
  await client.patch(
    Pod,
    { namespace, name },
    { type: 'strategic', body: { status } },
    { subresource: 'status' },
  );
}

/** Writes that a pod runs and is ready, or no longer is. */
export function setPodReady(client: Client, pod: Stored<Pod>, isReady = true): Promise<void> {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const status = isReady ? 'True' : 'False';
  return setPodStatus(client, pod, {
    phase: 'Running',
    conditions: [{ type: 'Ready', status, lastTransitionTime }],
  });
}

/**
 * Plays the node of pods that none takes, while something is waited for: each pod becomes ready as soon as it is made.
 *
 * @returns what `wait` resolves with.
 */
export async function withPlayedNode<T>(
  client: Client,
  selection: { readonly namespace: string; readonly labelSelector: string },
  wait: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const node = (async () => {
    for await (const { type, object } of client.watch(Pod, { ...selection, signal: stop.signal })) {
      if (type !== 'ADDED') continue;
      try {
        await setPodReady(client, object);
      } catch (error) {
        if (!isNotFound(error)) throw error; // deleted meanwhile
      }
    }
  })();
  try {
    return await Promise.race([
      wait(),
      node.then(() => Promise.reject(new Error('the watch of pods ended'))),
    ]);
  } finally {
    stop.abort(new Error('enough'));
    await node.catch(() => undefined);
  }
}
