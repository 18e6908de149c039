import { parseApiVersion } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType, TypeRegistry } from '../contracts.ts';
import { convertVersion } from '../storage/version-reader.ts';
import { compareFields, type FieldChanges } from './compare-fields.ts';
import type { ManagerEntry } from './managers.ts';

/** The apiVersion of a type. */
export function apiVersionOfType(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** A change of an object, in one version. */
export interface VersionedChanges {
  readonly type: ResourceType;
  readonly changes: FieldChanges;
}

/** A change in several versions, by their apiVersion. */
export type ChangesByVersion = ReadonlyMap<string, VersionedChanges>;

/**
 * The versions that the owners of an object's fields have written in. Fields are owned in these, so a change is looked
 * at in each of them.
 */
export class OwnerVersions {
  readonly #registry: Pick<TypeRegistry, 'find'>;
  readonly #type: ResourceType;

  /** @param type the version of the request */
  constructor(registry: Pick<TypeRegistry, 'find'>, type: ResourceType) {
    this.#registry = registry;
    this.#type = type;
  }

  /** The type of this kind in another version; undefined when it is not served any more. */
  typeOf(apiVersion: string): ResourceType | undefined {
    if (apiVersion === apiVersionOfType(this.#type)) return this.#type;
    const { group, version } = parseApiVersion(apiVersion);
    const found = this.#registry.find(group, version, this.#type.plural);
    return found?.storageKey === this.#type.storageKey ? found : undefined;
  }

  /**
   * What changes from one state to another: in the version of the request, and in that of each owner, by apiVersion.
   * Versions that are not served any more are left out.
   *
   * @param before without `managedFields`, as `after`
   */
  async changes(
    owners: Iterable<ManagerEntry>,
    before: JsonObject,
    after: JsonObject,
  ): Promise<ChangesByVersion> {
    const own = changesIn(this.#type, before, after);
    const others = new Set([...owners].map(({ apiVersion }) => apiVersion));
    const changes = new Map([[apiVersionOfType(this.#type), own]]);
    for (const apiVersion of others) {
      const type = changes.has(apiVersion) ? undefined : this.typeOf(apiVersion);
      if (type === undefined) continue;
      const [earlier, later] = [
        await convertVersion(this.#type, type, before),
        await convertVersion(this.#type, type, after),
      ];
      changes.set(apiVersion, changesIn(type, earlier, later));
    }
    return changes;
  }
}

/** What changes from one state to another in one version. */
export function changesIn(
  type: ResourceType,
  before: JsonObject,
  after: JsonObject,
): VersionedChanges {
  return { type, changes: compareFields(type.schema.root, before, after) };
}
