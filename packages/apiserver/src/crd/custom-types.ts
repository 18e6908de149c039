import type {
  JsonObject,
  PrinterColumn,
  ResourceType,
  ScalePaths,
  SubresourceType,
} from '../contracts.ts';
import { compileRules } from '../cel/compile-rules.ts';
import { CustomSchema } from '../schema/custom-schema.ts';
import { compileStructuralSchema, type StructuralSchema } from '../schema/structural-schema.ts';
import { evaluateJsonPath, parseJsonPath } from '../tables/json-path.ts';
import { readClientConfig } from '../webhooks/client-config.ts';
import type { WebhookCaller } from '../webhooks/webhook-caller.ts';
import type { ConversionWebhook } from './conversion/conversion-review.ts';
import { versionConversion } from './conversion/version-conversion.ts';
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

function conversionWebhook(
  view: DefinitionView,
  caller: WebhookCaller,
): ConversionWebhook | undefined {
  if (view.conversion?.['strategy'] !== 'Webhook') return undefined;
  const webhook = objectIn(view.conversion, 'webhook');
  const known: unknown = webhook?.['conversionReviewVersions'];
  const versions: unknown[] = Array.isArray(known) ? known : [];
  const reviewVersion = versions.find((version) => version === 'v1' || version === 'v1beta1');
  return {
    caller,
    target: readClientConfig(objectIn(webhook, 'clientConfig')),
    reviewVersion: reviewVersion ?? 'v1',
  };
}

function typeOf(
  view: DefinitionView,
  version: DefinitionVersion,
  schemas: ReadonlyMap<string, StructuralSchema>,
  webhook: ConversionWebhook | undefined,
): ResourceType {
  const { group, acceptedNames: names } = view;
  const source = version.schema ?? {};
  const apiVersion = `${group}/${version.name}`;
  const schema = schemas.get(apiVersion) ?? compileStructuralSchema(source);
  const { checker } = compileRules(schema, '');
  const scale = scaleOf(version);
  const subresources = subresourcesOf(view, version);
  const storage = view.storageVersion()?.name ?? version.name;
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
    ...versionConversion({
      apiVersion,
      storageApiVersion: `${group}/${storage}`,
      schemas,
      webhook,
      // Objects stored before the definition last changed may have been stored otherwise.
      isAlwaysStored: version.name === storage && view.generation <= 1,
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
export function customTypes(view: DefinitionView, caller: WebhookCaller): readonly ResourceType[] {
  const schemas = new Map(
    view.versions.map(({ name, schema }) => [
      `${view.group}/${name}`,
      compileStructuralSchema(schema ?? {}),
    ]),
  );
  const webhook = conversionWebhook(view, caller);
  return view.versions
    .filter(({ served }) => served)
    .map((version) => typeOf(view, version, schemas, webhook));
}
