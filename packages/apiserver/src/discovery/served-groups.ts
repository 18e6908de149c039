import type { ResourceType, TypeRegistry } from '../contracts.ts';
import { compareVersionPriority } from './version-order.ts';

/** One version of a group with the resources it serves. */
export interface ServedVersion {
  readonly version: string;
  readonly types: readonly ResourceType[];
}

/** One API group as clients find it. */
export interface ServedGroup {
  /** The empty string for the core group. */
  readonly name: string;
  /** The preferred version first. */
  readonly versions: readonly ServedVersion[];
  /** All its resources come from CustomResourceDefinitions. */
  readonly isCustom: boolean;
}

/** Groups what the registry serves by group and version; groups stay in the registry's order. */
export function servedGroups(registry: TypeRegistry): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, ResourceType[]>>();
  for (const type of registry.all()) {
    const versions = groups.get(type.group) ?? new Map<string, ResourceType[]>();
    groups.set(type.group, versions);
    const types = versions.get(type.version) ?? [];
    versions.set(type.version, types);
    types.push(type);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .map(([version, types]) => ({ version, types }))
      .sort((left, right) => compareVersionPriority(left.version, right.version)),
    isCustom: [...versions.values()].flat().every(({ origin }) => origin === 'custom'),
  }));
}
