import type { Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

interface GroupList {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

/**
 * All resources of the server that have every one of the given verbs, each in its group's preferred version.
 * Subresources are left out.
 */
export async function discoverResources(
  client: Client,
  verbs: readonly string[],
  signal: AbortSignal,
): Promise<Resource[]> {
  const { groups } = await client.rawJson<GroupList>({ method: 'GET', path: '/apis', signal });
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const lists = await Promise.all(versions.map((version) => client.resourcesOf(version, signal)));
  return lists
    .flat()
    .filter(({ verbs: has }) => verbs.every((verb) => has.includes(verb)))
    .map(({ resource }) => resource);
}
