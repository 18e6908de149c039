import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '@kubewright/apimachinery';
import { CustomResourceError } from '../custom-resource-error.ts';
import { isRequired } from '../schema/convert-object.ts';
import { convertSchema } from '../schema/convert-schema.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { formatJsonPath, schemaAt, type PathStep } from './field-path.ts';
import { toColumnDefinition } from './printer-column.ts';
import type { CustomResourceVersion } from './version.ts';

/** What the manifest of a custom resource is made of; names are complete. */
export interface ManifestSource {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly versions: readonly CustomResourceVersion[];
  readonly conversion: CustomResourceConversion | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * The CustomResourceDefinition to apply to a cluster.
 *
 * @throws CustomResourceError when a schema or a path cannot be expressed.
 */
export function toManifest(source: ManifestSource): CustomResourceDefinition {
  const { group, kind, listKind, plural, singular, shortNames, categories } = source;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      ...(source.labels === undefined ? {} : { labels: { ...source.labels } }),
      ...(source.annotations === undefined ? {} : { annotations: { ...source.annotations } }),
    },
    spec: {
      group,
      names: {
        kind,
        listKind,
        plural,
        singular,
        ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
        ...(categories.length === 0 ? {} : { categories: [...categories] }),
      },
      scope: source.scope,
      versions: source.versions.map(toVersion),
      ...(source.conversion === undefined ? {} : { conversion: source.conversion }),
    },
  };
}

function toVersion(version: CustomResourceVersion): CustomResourceDefinitionVersion {
  const schema = objectSchema(version);
  const { deprecationWarning, printerColumns, scale, selectableFields } = version;
  return {
    name: version.name,
    served: version.served,
    storage: version.storage,
    ...(deprecationWarning === undefined ? {} : { deprecated: true, deprecationWarning }),
    // Safe: a structural schema is a schema with less in it.
    schema: { openAPIV3Schema: schema },
    ...(version.status === undefined && scale === undefined
      ? {}
      : {
          subresources: {
            ...(version.status === undefined ? {} : { status: {} }),
            ...(scale === undefined ? {} : { scale: toScale(scale, schema) }),
          },
        }),
    ...(printerColumns.length === 0
      ? {}
      : {
          additionalPrinterColumns: printerColumns.map((column) =>
            toColumnDefinition(column, schema),
          ),
        }),
    ...(selectableFields.length === 0
      ? {}
      : {
          selectableFields: selectableFields.map((path) => ({
            jsonPath: existing(path, schema, 'selectableFields', ['string', 'integer', 'boolean']),
          })),
        }),
  };
}

/** The schema of whole objects: what every object has, then spec and status. */
function objectSchema(version: CustomResourceVersion): StructuralSchema {
  const { description, spec, status, rules } = version;
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: {
      apiVersion: {
        type: 'string',
        description: 'Group and version of the schema of this object.',
      },
      kind: { type: 'string', description: 'Kind of this object.' },
      metadata: { type: 'object' },
      spec: part(convertSchema(spec, 'spec'), 'spec'),
      ...(status === undefined ? {} : { status: part(convertSchema(status, 'status'), 'status') }),
    },
    ...(isRequired(spec) ? { required: ['spec'] } : {}),
    ...(rules.length === 0
      ? {}
      : { 'x-kubernetes-validations': rules.map(({ check: _, ...rule }) => rule) }),
  };
}

function part(schema: StructuralSchema, name: string): StructuralSchema {
  if (schema.type === 'object' || schema['x-kubernetes-preserve-unknown-fields'] === true) {
    return schema;
  }
  throw new CustomResourceError('INVALID_DEFINITION', name, 'must be an object');
}

function toScale(
  scale: NonNullable<CustomResourceVersion['scale']>,
  schema: StructuralSchema,
): { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string } {
  const { labelSelector } = scale;
  return {
    specReplicasPath: existing(scale.specReplicas, schema, 'scale', ['integer']),
    statusReplicasPath: existing(scale.statusReplicas, schema, 'scale', ['integer']),
    ...(labelSelector === undefined
      ? {}
      : { labelSelectorPath: existing(labelSelector, schema, 'scale', ['string']) }),
  };
}

/** The JSONPath of a field, after seeing that the schema has it and what type it is. */
function existing(
  path: readonly PathStep[],
  schema: StructuralSchema,
  what: string,
  types: readonly string[],
): string {
  const jsonPath = formatJsonPath(path);
  const type = schemaAt(schema, path)?.type;
  if (type === undefined || !types.includes(type)) {
    throw new CustomResourceError(
      'INVALID_DEFINITION',
      `${what} (${jsonPath})`,
      `must be a field of type ${types.join(' or ')}`,
    );
  }
  return jsonPath;
}
