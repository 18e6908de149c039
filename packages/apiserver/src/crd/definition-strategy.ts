import type { JsonObject, Strategy } from '../contracts.ts';
import { equalJson, isJsonObject } from '../schema/json-type.ts';
import { isKnownFormat } from '../schema/value-formats.ts';
import { setDefinitionCondition } from './definition-conditions.ts';
import { fillDefinitionDefaults } from './definition-defaults.ts';
import {
  definitionErrors,
  definitionStatusErrors,
  definitionUpdateErrors,
} from './definition-rules.ts';
import { DefinitionView, objectIn } from './definition-view.ts';
import { additionalSchema, itemSchema, propertySchemas, type PlacedSchema } from './schema-path.ts';

/** Holds a definition until the objects of its kind are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

function metadataOf(object: JsonObject): JsonObject {
  // Decoded and stored objects have metadata.
  return object['metadata'] as JsonObject;
}

/** Notes the storage version among those that objects may be stored in. */
function noteStorageVersion(object: JsonObject): void {
  const view = new DefinitionView(object);
  const storage = view.versions.find((version) => version.storage)?.name;
  if (storage === undefined || view.storedVersions.includes(storage)) return;
  const status = objectIn(object, 'status') ?? {};
  object['status'] = { ...status, storedVersions: [...view.storedVersions, storage] };
}

function formatWarnings(placed: PlacedSchema): string[] {
  const format: unknown = placed.schema['format'];
  const own =
    typeof format === 'string' && format !== '' && !isKnownFormat(format)
      ? [`unrecognized format ${JSON.stringify(format)}`]
      : [];
  return [
    ...own,
    ...propertySchemas(placed).flatMap(formatWarnings),
    ...additionalSchema(placed).flatMap(formatWarnings),
    ...itemSchema(placed).flatMap(formatWarnings),
  ];
}

/** How CustomResourceDefinitions are written; what then serves their kinds is in `custom-resources.ts`. */
export const customResourceDefinitionStrategy: Strategy = {
  keepsGenerationOnDelete: true,
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  returnsDeletedObject: true,

  applyDefaults: fillDefinitionDefaults,

  prepareForCreate(object) {
    object['status'] = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: [],
    };
    noteStorageVersion(object);
  },

  prepareForUpdate(object, old) {
    object['status'] = old['status'] as unknown;
    noteStorageVersion(object);
  },

  changesGeneration: (object, old) => !equalJson(object['spec'], old['spec']),

  validate: definitionErrors,
  validateUpdate: definitionUpdateErrors,
  validateStatusUpdate: definitionStatusErrors,

  warnings(object) {
    return new DefinitionView(object).versions.flatMap(({ schema }) =>
      schema === undefined ? [] : formatWarnings({ schema, path: '' }),
    );
  },

  holdsDeleted: (object) => {
    const finalizers: unknown = metadataOf(object)['finalizers'];
    const isMarked: unknown = objectIn(object, 'status')?.['conditions'];
    const isTerminating =
      Array.isArray(isMarked) &&
      isMarked.some((condition) => isJsonObject(condition) && condition['type'] === 'Terminating');
    // The first deletion sets the finalizer below; once that is gone nothing holds it any more.
    return !isTerminating || (Array.isArray(finalizers) && finalizers.includes(CLEANUP_FINALIZER));
  },

  prepareForDeletion(object) {
    const metadata = metadataOf(object);
    const finalizers: unknown = metadata['finalizers'];
    const present: unknown[] = Array.isArray(finalizers) ? finalizers : [];
    const isFirst = !new DefinitionView(object)
      .conditions()
      .some((condition) => condition['type'] === 'Terminating');
    if (!isFirst) return;
    metadata['finalizers'] = [...present, CLEANUP_FINALIZER];
    setDefinitionCondition(
      object,
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message:
          'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      },
      Date.parse(String(metadata['deletionTimestamp'])),
    );
  },
};
