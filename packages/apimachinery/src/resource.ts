import type { KubernetesObject } from './object.ts';

/** Whether the objects of a resource live in a namespace or in the cluster as a whole. */
export type Scope = 'Namespaced' | 'Cluster';

/** What names a resource in a URL and its objects in a manifest. */
export interface ResourceDefinition {
  /** API group; the empty string for the core group. */
  readonly group: string;
  /** Version within the group, such as `v1`. */
  readonly version: string;
  /** Kind of the objects, such as `Pod`. */
  readonly kind: string;
  /** Lower-case plural as in URLs, such as `pods`. */
  readonly plural: string;
  readonly scope: Scope;
  /** Kind of the list. Default: the kind followed by `List`. */
  readonly listKind?: string;
}

// The key exists in the type only; it ties the token to the type of its objects.
declare const objectType: unique symbol;

/**
 * A resource token: all that client, cache and server need to know of a kind, and its TypeScript type.
 *
 * @example
 * ```ts
 * const Widget: Resource<Widget> = defineResource<Widget>({
 *   group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', scope: 'Namespaced',
 * });
 * ```
 */
export interface Resource<
  T extends KubernetesObject = KubernetesObject,
> extends Required<ResourceDefinition> {
  /** `v1` for the core group, `group/version` otherwise. */
  readonly apiVersion: string;
  readonly [objectType]?: T;
}

/** The type of the objects that a resource token stands for. */
export type ObjectOf<R> = R extends Resource<infer T> ? T : never;

/** Makes a resource token; the type parameter is the type of its objects. */
export function defineResource<T extends KubernetesObject>(
  definition: ResourceDefinition,
): Resource<T> {
  return Object.freeze({
    ...definition,
    listKind: definition.listKind ?? `${definition.kind}List`,
    apiVersion: apiVersionOf(definition.group, definition.version),
  });
}

/** `v1` for the core group (`''`), `group/version` otherwise. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The parts of an `apiVersion`: `apps/v1` → `{ group: 'apps', version: 'v1' }`. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `pods` or `deployments.apps`: the resource as RBAC, metrics and messages name it. */
export function groupResourceOf(resource: Pick<ResourceDefinition, 'group' | 'plural'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** What a URL of the API can point at. */
export interface ResourcePathOptions {
  /** Namespace; omitted for cluster-scoped resources and for a list over all namespaces. */
  readonly namespace?: string | undefined;
  /** Object name; omitted for the collection. */
  readonly name?: string | undefined;
  /** Subresource of the object, such as `status`. */
  readonly subresource?: string | undefined;
}

/**
 * The URL path of a collection, an object or a subresource, each segment escaped.
 *
 * @throws TypeError when a namespace is given for a cluster-scoped resource, a subresource without a name, or a name that
 * would make the path that of something else: servers take an empty one for the collection, so that a deletion would be one of
 * every object in it.
 */
export function resourcePath(
  resource: Pick<ResourceDefinition, 'group' | 'version' | 'plural' | 'scope' | 'kind'>,
  options: ResourcePathOptions = {},
): string {
  const { namespace, name, subresource } = options;
  if (namespace !== undefined && resource.scope === 'Cluster') {
    throw new TypeError(
      `${resource.kind} is cluster-scoped: it takes no namespace ("${namespace}")`,
    );
  }
  if (subresource !== undefined && name === undefined) {
    throw new TypeError(`the subresource ${subresource} of ${resource.kind} needs a name`);
  }
  if (namespace !== undefined) checkSegment(resource.kind, 'namespace', namespace);
  if (name !== undefined) checkSegment(resource.kind, 'name', name);
  if (subresource === '') throw new TypeError(`the subresource of ${resource.kind} is empty`);
  const base =
    resource.group === ''
      ? `/api/${resource.version}`
      : `/apis/${resource.group}/${resource.version}`;
  const segments = [
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    resource.plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : subresource.split('/')),
  ];
  return `${base}/${segments.map(encodeURIComponent).join('/')}`;
}

/** As `IsValidPathSegmentName` of the API; a percent sign, which that refuses too, is escaped here. */
function checkSegment(kind: string, what: 'name' | 'namespace', text: string): void {
  if (text === '') throw new TypeError(`the ${what} of ${kind} is empty`);
  if (text === '.' || text === '..' || text.includes('/')) {
    throw new TypeError(
      `"${text}" cannot be a ${what} of ${kind}: it may not be "." or "..", nor hold "/"`,
    );
  }
}
