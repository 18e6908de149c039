import { createHash } from 'node:crypto';
import { apiVersionOf } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType } from '../contracts.ts';
import type { ServedGroup, ServedVersion } from './served-groups.ts';

function listedVersions(group: ServedGroup): JsonObject[] {
  return group.versions.map(({ version }) => ({
    groupVersion: apiVersionOf(group.name, version),
    version,
  }));
}

function groupBody(group: ServedGroup): JsonObject {
  const versions = listedVersions(group);
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/** What is served beside groups. */
const OTHER_PATHS = [
  '/.well-known/openid-configuration',
  '/api',
  '/apis',
  '/healthz',
  '/livez',
  '/openapi/v2',
  '/openapi/v3',
  '/openid/v1/jwks',
  '/readyz',
  '/version',
];

/** `/`: the paths that lead on. */
export function rootDocument(groups: readonly ServedGroup[]): JsonObject {
  const served = groups.flatMap((group) => {
    const root = group.name === '' ? '/api' : `/apis/${group.name}`;
    return [root, ...group.versions.map(({ version }) => `${root}/${version}`)];
  });
  return { paths: [...new Set([...OTHER_PATHS, ...served])].sort() };
}

/** `/apis/<group>`: an `APIGroup`. */
export function groupDocument(group: ServedGroup): JsonObject {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
}

/** `/apis`: an `APIGroupList` of all groups but the core one. */
export function groupListDocument(groups: readonly ServedGroup[]): JsonObject {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.filter(({ name }) => name !== '').map(groupBody),
  };
}

/**
 * `/api`: the versions of the core group.
 *
 * @param host the address the client used, from its `Host` header
 */
export function coreVersionsDocument(core: ServedGroup | undefined, host: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
  };
}

/** Tells clients when the way a resource is stored changes: made of the stored group, version and kind. */
function storageVersionHash(type: ResourceType): string {
  return createHash('sha256')
    .update(`${type.group}/${type.version}/${type.kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}

function resourceEntries(
  type: ResourceType,
  storedAs: (type: ResourceType) => ResourceType | undefined,
): JsonObject[] {
  const namespaced = type.scope === 'Namespaced';
  const stored = type.virtual === undefined ? storedAs(type) : undefined;
  const main: JsonObject = {
    name: type.plural,
    singularName: type.singular,
    namespaced,
    kind: type.kind,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(stored === undefined || !type.verbs.includes('list')
      ? {}
      : { storageVersionHash: storageVersionHash(stored) }),
  };
  const subresources = [...type.subresources.values()].map((subresource) => ({
    name: `${type.plural}/${subresource.name}`,
    singularName: '',
    namespaced,
    ...(subresource.group === undefined ? {} : { group: subresource.group }),
    ...(subresource.version === undefined ? {} : { version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  }));
  return [main, ...subresources];
}

/**
 * `/api/v1` and `/apis/<group>/<version>`: an `APIResourceList`.
 *
 * @param storedAs the version of a resource in which its objects are kept
 */
export function resourceListDocument(
  group: ServedGroup,
  served: ServedVersion,
  storedAs: (type: ResourceType) => ResourceType | undefined,
): JsonObject {
  return {
    kind: 'APIResourceList',
    ...(group.isCustom ? { apiVersion: 'v1' } : {}),
    groupVersion: apiVersionOf(group.name, served.version),
    resources: served.types.flatMap((type) => resourceEntries(type, storedAs)),
  };
}
