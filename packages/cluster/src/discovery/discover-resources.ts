import { defineResource, type Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { readJson } from './read-json.ts';

interface DiscoveredResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}
interface GroupList {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}
interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly DiscoveredResource[];
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
  const { groups } = await readJson<GroupList>(client, '/apis', signal);
  const paths = [
    '/api/v1',
    ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  const lists = await Promise.all(
    paths.map((path) => readJson<ResourceList>(client, path, signal)),
  );
  return lists.flatMap(({ groupVersion, resources }) => {
    const [version = '', group = ''] = groupVersion.split('/').reverse();
    return resources
      .filter(
        ({ name, verbs: has }) => !name.includes('/') && verbs.every((verb) => has.includes(verb)),
      )
      .map(({ name, kind, namespaced }) =>
        defineResource({
          group,
          version,
          kind,
          plural: name,
          scope: namespaced ? 'Namespaced' : 'Cluster',
        }),
      );
  });
}
