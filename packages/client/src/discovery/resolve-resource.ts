import { groupResourceOf } from '@kubewright/apimachinery';
import type { ClientContext } from '../api/client-context.ts';
import { readGroups, readResourcesOfAll, type DiscoveredResource } from './api-resources.ts';
import { DiscoveryError } from './discovery-error.ts';

/**
 * The resource a user means: by kind, plural, singular or short name, in any case, optionally with a group, or a version
 * and a group (`deploy`, `deployments.apps`, `deployments.v1.apps`).
 *
 * Where several groups have the name, the core group wins, then the group the server ranks first, as in kubectl; within
 * a group the preferred version that has it.
 *
 * @throws DiscoveryError when there is none.
 */
export async function resolveResource(
  context: ClientContext,
  name: string,
  signal?: AbortSignal,
): Promise<DiscoveredResource> {
  const wanted = name.trim().toLowerCase();
  const [word = '', ...rest] = wanted.split('.');
  const suffix = rest.join('.');
  const groups = await readGroups(context, signal);
  const candidates = groups.flatMap((group) =>
    group.versions.map((version) => ({ group: group.name, version })),
  );
  const inQuestion = candidates.filter(({ group, version }) => fits(suffix, group, version));
  const unavailable: string[] = [];
  const resources = await readResourcesOfAll(
    context,
    inQuestion,
    (apiVersion) => unavailable.push(apiVersion),
    signal,
  );
  const match =
    resources.find((each) => each.resource.plural === word) ??
    resources.find((each) => each.singular.toLowerCase() === word) ??
    resources.find((each) => each.resource.kind.toLowerCase() === word) ??
    resources.find((each) => each.shortNames.includes(word));
  if (match !== undefined) return match;
  const near = resources
    .filter(({ resource }) => resource.plural.startsWith(word.slice(0, 3)))
    .map(({ resource }) => groupResourceOf(resource));
  const hint = near.length > 0 ? `; similar: ${[...new Set(near)].slice(0, 5).join(', ')}` : '';
  const missing =
    unavailable.length > 0 ? `; not available just now: ${unavailable.join(', ')}` : '';
  throw new DiscoveryError(`the server has no resource "${name}"${hint}${missing}`);
}

/** Whether `apps` or `v1.apps`, written after a name, means this version of this group. */
function fits(suffix: string, group: string, version: string): boolean {
  return (
    suffix === '' || suffix === group || suffix === (group === '' ? version : `${version}.${group}`)
  );
}
