import type {
  JsonObject,
  PrinterColumn,
  ResourceType,
  ScalePaths,
  SubresourceType,
} from '../contracts.ts';
import { compileRules } from '../cel/compile-rules.ts';
import { CustomSchema } from '../schema/custom-schema.ts';
import { fillDefaults } from '../schema/fill-defaults.ts';
import { decodeMetadata } from '../schema/object-metadata.ts';
import { pruneFields } from '../schema/prune-fields.ts';
import { compileStructuralSchema, type StructuralSchema } from '../schema/structural-schema.ts';
import { failure } from '../status.ts';
import { evaluateJsonPath, parseJsonPath } from '../tables/json-path.ts';
import { customStrategy } from './custom-strategy.ts';
import { objectIn, type DefinitionVersion, type DefinitionView } from './definition-view.ts';

/** In the order in which the API server lists the verbs of custom resources. */
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

/** What is shown when the author names no columns. */
const DEFAULT_COLUMNS: readonly PrinterColumn[] = [
  {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    description: 'When the object was created.',
  },
];

function scaleOf(version: DefinitionVersion): ScalePaths | undefined {
  const scale = objectIn(version.subresources, 'scale');
  if (scale === undefined) return undefined;
  const selector: unknown = scale['labelSelectorPath'];
  return {
    specReplicasPath: String(scale['specReplicasPath']),
    statusReplicasPath: String(scale['statusReplicasPath']),
    ...(typeof selector === 'string' && selector !== '' ? { labelSelectorPath: selector } : {}),
  };
}

function subresourcesOf(
  view: DefinitionView,
  version: DefinitionVersion,
): Map<string, SubresourceType> {
  const subresources = new Map<string, SubresourceType>();
  if (objectIn(version.subresources, 'status') !== undefined) {
    subresources.set('status', {
      name: 'status',
      kind: view.acceptedNames.kind,
      verbs: SUBRESOURCE_VERBS,
    });
  }
  if (scaleOf(version) !== undefined) {
    subresources.set('scale', {
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: SUBRESOURCE_VERBS,
    });
  }
  return subresources;
}

function columnsOf(version: DefinitionVersion): readonly PrinterColumn[] {
  if (version.printerColumns.length === 0) return DEFAULT_COLUMNS;
  return version.printerColumns.map((column) => ({
    name: String(column['name']),
    type: String(column['type']),
    jsonPath: String(column['jsonPath']),
    ...(typeof column['format'] === 'string' ? { format: column['format'] } : {}),
    ...(typeof column['description'] === 'string' ? { description: column['description'] } : {}),
    ...(typeof column['priority'] === 'number' ? { priority: column['priority'] } : {}),
  }));
}

function selectableFieldsOf(
  version: DefinitionVersion,
): Map<string, (object: JsonObject) => string> {
  return new Map(
    version.selectableFields.map((field) => {
      const path = String(field['jsonPath']);
      const parsed = parseJsonPath(path);
      return [
        path.slice(1),
        (object: JsonObject) => {
          const [value] = evaluateJsonPath(parsed, object);
          return typeof value === 'string'
            ? value
            : value === undefined
              ? ''
              : JSON.stringify(value);
        },
      ];
    }),
  );
}

/**
 * Makes an object that was stored under another version, or under an earlier schema, one of this version: the version's
 * name, its fields, its defaults. Nothing else changes (conversion strategy `None`).
 */
function readAs(apiVersion: string, schema: StructuralSchema): (object: JsonObject) => JsonObject {
  return (object) => {
    object['apiVersion'] = apiVersion;
    decodeMetadata(object, 'metadata');
    pruneFields(schema, object);
    fillDefaults(schema, object);
    return object;
  };
}

function refuseConversion(
  view: DefinitionView,
  version: string,
): (object: JsonObject) => JsonObject {
  return (object) => {
    if (object['apiVersion'] === `${view.group}/${version}`) return object;
    throw failure(
      500,
      'InternalError',
      `conversion webhook for ${String(object['apiVersion'])}, Kind=${view.acceptedNames.kind} failed: conversion by webhook is not available in this server`,
    );
  };
}

function typeOf(view: DefinitionView, version: DefinitionVersion): ResourceType {
  const { group, acceptedNames: names } = view;
  const source = version.schema ?? {};
  const schema = compileStructuralSchema(source);
  const { checker } = compileRules(schema, '');
  const scale = scaleOf(version);
  const subresources = subresourcesOf(view, version);
  const apiVersion = `${group}/${version.name}`;
  const storage = view.storageVersion()?.name ?? version.name;
  const isStorage = version.name === storage;
  const isWebhook = view.conversion?.['strategy'] === 'Webhook';
  // Objects stored before the definition last changed may have been stored otherwise.
  const mustRead = !isStorage || view.generation > 1;
  const read = readAs(apiVersion, schema);
  const convert = refuseConversion(view, version.name);
  return {
    group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind,
    plural: names.plural,
    singular: names.singular,
    scope: view.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
    shortNames: names.shortNames,
    categories: names.categories,
    verbs: VERBS,
    subresources,
    origin: 'custom',
    schema: new CustomSchema({
      version: version.name,
      kind: names.kind,
      schema,
      source,
      rules: checker,
    }),
    strategy: customStrategy({
      view,
      version: version.name,
      hasStatus: subresources.has('status'),
      replicaPaths: scale === undefined ? [] : [scale.specReplicasPath],
    }),
    storageKey: `${names.plural}.${group}`,
    ...(mustRead
      ? { fromStorage: (object: JsonObject) => read(isWebhook ? convert(object) : object) }
      : {}),
    ...(isStorage
      ? {}
      : {
          toStorage: (object: JsonObject) => {
            if (isWebhook) refuseConversion(view, storage)(object);
            object['apiVersion'] = `${group}/${storage}`;
            return object;
          },
        }),
    selectableFields: selectableFieldsOf(version),
    scale,
    ...(version.deprecated
      ? {
          deprecationWarning:
            version.deprecationWarning ?? `${apiVersion} ${names.kind} is deprecated`,
        }
      : {}),
    printerColumns: columnsOf(version),
  };
}

/**
 * The resource types that a definition serves, one for each served version.
 *
 * Assumptions: the definition is valid, and its names are accepted.
 */
export function customTypes(view: DefinitionView): readonly ResourceType[] {
  return view.versions.filter(({ served }) => served).map((version) => typeOf(view, version));
}
