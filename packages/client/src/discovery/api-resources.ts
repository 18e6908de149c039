import {
  apiVersionOf,
  defineResource,
  isJsonObject,
  isNotFound,
  parseApiVersion,
  StatusError,
  type APIGroupList,
  type APIResource,
  type APIResourceList,
  type Resource,
} from '@kubewright/apimachinery';
import type { ClientContext } from '../api/client-context.ts';
import { DecodeError } from '../decode/decode-error.ts';

/** A resource as the server describes it. */
export interface DiscoveredResource {
  /** The token to use with the client. */
  readonly resource: Resource;
  /** Name of one object, such as `pod`. */
  readonly singular: string;
  /** Such as `po`. */
  readonly shortNames: readonly string[];
  /** Such as `all`. */
  readonly categories: readonly string[];
  /** What the server can do with it, such as `list`. */
  readonly verbs: readonly string[];
  /** Such as `status` and `scale`. */
  readonly subresources: readonly string[];
}

/** A group of the API with its versions, the preferred one first. */
export interface DiscoveredGroup {
  /** The empty string for the core group. */
  readonly name: string;
  /** Such as `v1`. */
  readonly versions: readonly string[];
}

/**
 * The resources of one version of a group; none when the server does not have it.
 *
 * @param apiVersion - `v1` or `apps/v1`.
 */
export async function readResources(
  { caller }: ClientContext,
  apiVersion: string,
  signal?: AbortSignal,
): Promise<DiscoveredResource[]> {
  const { group, version } = parseApiVersion(apiVersion);
  const path =
    group === ''
      ? `/api/${encodeURIComponent(version)}`
      : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
  const attempt = `discover ${apiVersion}`;
  let answer: unknown;
  try {
    answer = await caller.json({
      method: 'GET',
      path,
      pathPattern: group === '' ? '/api/{version}' : '/apis/{group}/{version}',
      verb: 'get',
      attempt,
      signal,
    });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
  // The form is the API's promise once the kind is right.
  const list = (expectKind(answer, 'APIResourceList', attempt) as APIResourceList).resources;
  return list
    .filter(({ name }) => !name.includes('/'))
    .map((entry) => discovered(entry, group, version, list));
}

function discovered(
  entry: APIResource,
  group: string,
  version: string,
  list: readonly APIResource[],
): DiscoveredResource {
  return {
    resource: defineResource({
      group,
      version,
      kind: entry.kind,
      plural: entry.name,
      scope: entry.namespaced ? 'Namespaced' : 'Cluster',
    }),
    singular: entry.singularName || entry.kind.toLowerCase(),
    shortNames: entry.shortNames ?? [],
    categories: entry.categories ?? [],
    verbs: entry.verbs,
    subresources: list
      .filter(({ name }) => name.startsWith(`${entry.name}/`))
      .map(({ name }) => name.slice(entry.name.length + 1)),
  };
}

/** The groups of the API: the core group first, then as the server ranks them. */
export async function readGroups(
  { caller }: ClientContext,
  signal?: AbortSignal,
): Promise<DiscoveredGroup[]> {
  const attempt = 'discover the API groups';
  const answer = await caller.json({
    method: 'GET',
    path: '/apis',
    pathPattern: '/apis',
    verb: 'get',
    attempt,
    signal,
  });
  // As above.
  const list = expectKind(answer, 'APIGroupList', attempt) as APIGroupList;
  const groups = list.groups.map(({ name, versions, preferredVersion }) => {
    const all = versions.map(({ version }) => version);
    const preferred = preferredVersion?.version;
    return {
      name,
      versions:
        preferred === undefined ? all : [preferred, ...all.filter((each) => each !== preferred)],
    };
  });
  return [{ name: '', versions: ['v1'] }, ...groups];
}

/** The resources of several group versions; those whose (aggregated) server is down are told by `onFailure` and left out. */
export async function readResourcesOfAll(
  context: ClientContext,
  groupVersions: readonly { readonly group: string; readonly version: string }[],
  onFailure: (apiVersion: string, error: StatusError) => void,
  signal?: AbortSignal,
): Promise<DiscoveredResource[]> {
  const perVersion = await Promise.all(
    groupVersions.map(async ({ group, version }) => {
      const apiVersion = apiVersionOf(group, version);
      try {
        return await readResources(context, apiVersion, signal);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        onFailure(apiVersion, error);
        return [];
      }
    }),
  );
  return perVersion.flat();
}

function isUnavailable(error: unknown): error is StatusError {
  return error instanceof StatusError && error.code === 503;
}

function expectKind(value: unknown, kind: string, attempt: string): unknown {
  if (isJsonObject(value) && value['kind'] === kind) return value;
  throw new DecodeError('MALFORMED', `${attempt}: the answer is no ${kind}`);
}
