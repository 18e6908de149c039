import type { JsonObject } from '../contracts.ts';
import { equalJson, isJsonObject } from '../schema/json-type.ts';

/** The names of a custom resource, as a definition asks for them or as they were accepted. */
export interface DefinitionNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

/** One version of a definition. */
export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated: boolean;
  readonly deprecationWarning: string | undefined;
  /** As the author wrote it; undefined when it is missing. */
  readonly schema: JsonObject | undefined;
  readonly subresources: JsonObject | undefined;
  readonly printerColumns: readonly JsonObject[];
  readonly selectableFields: readonly JsonObject[];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : [];
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The member of an object that is an object itself; undefined for anything else. */
export function objectIn(parent: unknown, name: string): JsonObject | undefined {
  const value: unknown = isJsonObject(parent) ? parent[name] : undefined;
  return isJsonObject(value) ? value : undefined;
}

function namesOf(names: JsonObject | undefined): DefinitionNames {
  return {
    plural: text(names?.['plural']),
    singular: text(names?.['singular']),
    kind: text(names?.['kind']),
    listKind: text(names?.['listKind']),
    shortNames: texts(names?.['shortNames']),
    categories: texts(names?.['categories']),
  };
}

function versionOf(version: JsonObject): DefinitionVersion {
  const warning: unknown = version['deprecationWarning'];
  return {
    name: text(version['name']),
    served: version['served'] === true,
    storage: version['storage'] === true,
    deprecated: version['deprecated'] === true,
    deprecationWarning: typeof warning === 'string' ? warning : undefined,
    schema: objectIn(version['schema'], 'openAPIV3Schema'),
    subresources: objectIn(version, 'subresources'),
    printerColumns: objects(version['additionalPrinterColumns']),
    selectableFields: objects(version['selectableFields']),
  };
}

/** A CustomResourceDefinition, read: absent parts are empty. Shares the JSON it was made of. */
export class DefinitionView {
  readonly name: string;
  readonly group: string;
  readonly scope: string;
  /** As asked for in the spec. */
  readonly names: DefinitionNames;
  /** As the server accepted them. */
  readonly acceptedNames: DefinitionNames;
  readonly versions: readonly DefinitionVersion[];
  readonly conversion: JsonObject | undefined;
  readonly storedVersions: readonly string[];
  readonly generation: number;
  readonly isDeleting: boolean;
  readonly #object: JsonObject;

  constructor(object: JsonObject) {
    this.#object = object;
    const metadata = objectIn(object, 'metadata');
    const spec = objectIn(object, 'spec');
    const status = objectIn(object, 'status');
    this.name = text(metadata?.['name']);
    this.generation = Number(metadata?.['generation'] ?? 0);
    this.isDeleting = metadata?.['deletionTimestamp'] !== undefined;
    this.group = text(spec?.['group']);
    this.scope = text(spec?.['scope']);
    this.names = namesOf(objectIn(spec, 'names'));
    this.acceptedNames = namesOf(objectIn(status, 'acceptedNames'));
    this.versions = objects(spec?.['versions']).map(versionOf);
    this.conversion = objectIn(spec, 'conversion');
    this.storedVersions = texts(status?.['storedVersions']);
  }

  /** Whether the condition of this type is `True`. */
  isTrue(type: string): boolean {
    return this.conditions().some(
      (condition) => condition['type'] === type && condition['status'] === 'True',
    );
  }

  /** The conditions, as they stand in the status. */
  conditions(): JsonObject[] {
    return objects(objectIn(this.#object, 'status')?.['conditions']);
  }

  /** The version in which objects are stored; undefined when not exactly one is marked. */
  storageVersion(): DefinitionVersion | undefined {
    const marked = this.versions.filter(({ storage }) => storage);
    return marked.length === 1 ? marked[0] : undefined;
  }

  /**
   * The path under which the API server reports errors of one part of a version: what all versions have in common, it
   * knows as a part of the spec.
   */
  pathOf(
    index: number,
    part: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields',
  ): string {
    const members = {
      schema: 'schema',
      subresources: 'subresources',
      additionalPrinterColumns: 'printerColumns',
      selectableFields: 'selectableFields',
    } as const;
    const member = members[part];
    const isCommon = this.versions.every((version) =>
      equalJson(version[member], this.versions[0]?.[member]),
    );
    if (!isCommon) return `spec.versions[${index}].${part}`;
    return part === 'schema' ? 'spec.validation' : `spec.${part}`;
  }
}
