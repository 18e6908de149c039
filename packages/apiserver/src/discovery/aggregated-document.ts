import type { JsonObject, ResourceType } from '../contracts.ts';
import type { ServedGroup } from './served-groups.ts';

/** The media type of aggregated discovery, as clients ask for it and as it is answered. */
export const AGGREGATED_MEDIA_TYPE =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Custom resources tell their group and version; built-in ones leave them to the document around. */
function responseKind(type: ResourceType, kind: string): JsonObject {
  const isCustom = type.origin === 'custom';
  return { group: isCustom ? type.group : '', version: isCustom ? type.version : '', kind };
}

function resourceEntry(type: ResourceType): JsonObject {
  const subresources = [...type.subresources.values()].map((subresource) => ({
    subresource: subresource.name,
    responseKind:
      subresource.group === undefined
        ? responseKind(type, subresource.kind)
        : {
            group: subresource.group,
            version: subresource.version ?? type.version,
            kind: subresource.kind,
          },
    verbs: subresource.verbs,
  }));
  return {
    resource: type.plural,
    responseKind: responseKind(type, type.kind),
    scope: type.scope,
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** An `APIGroupDiscoveryList`: groups, versions and resources in one document. */
export function aggregatedDocument(groups: readonly ServedGroup[]): JsonObject {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map(({ version, types }) => ({
        version,
        resources: types.map(resourceEntry),
        freshness: 'Current',
      })),
    })),
  };
}
