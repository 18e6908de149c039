import { setTimeout as pause } from 'node:timers/promises';
import {
  CustomResourceDefinition,
  defineResource,
  isConditionTrue,
  isNotFound,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

const pollMs = 20;

/**
 * Waits until the server serves all versions of definitions of custom resources, however they were installed: it says that one
 * is established a moment before it serves it, and nothing else tells.
 *
 * @throws StatusError when it refuses to tell. When the signal aborts, its reason.
 */
export async function untilServed(
  client: Client,
  definitions: readonly Pick<CustomResourceDefinition, 'metadata' | 'spec'>[],
  signal?: AbortSignal,
): Promise<void> {
  for (const { metadata, spec } of definitions) {
    await until(() => isEstablished(client, metadata.name ?? '', signal), signal);
    const { group, names, scope, versions } = spec;
    for (const version of versions.filter(({ served }) => served)) {
      const resource = defineResource({
        group,
        version: version.name,
        kind: names.kind,
        plural: names.plural,
        scope: scope === 'Cluster' ? 'Cluster' : 'Namespaced',
      });
      await until(() => isServed(client, resource, signal), signal);
    }
  }
}

async function isEstablished(
  client: Client,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const { status } = await client.get(CustomResourceDefinition, { name }, { signal });
    return isConditionTrue(status?.conditions, 'Established');
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function isServed(
  client: Client,
  resource: Resource,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await client.list(resource, { limit: 1, signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function until(isSo: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
  while (!(await isSo())) {
    signal?.throwIfAborted();
    await pause(pollMs);
  }
}
