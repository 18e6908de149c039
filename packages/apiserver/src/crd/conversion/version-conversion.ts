import type { JsonObject, ResourceType } from '../../contracts.ts';
import { fillDefaults } from '../../schema/fill-defaults.ts';
import { decodeMetadata } from '../../schema/object-metadata.ts';
import { pruneFields } from '../../schema/prune-fields.ts';
import type { StructuralSchema } from '../../schema/structural-schema.ts';
import { failure } from '../../status.ts';
import { WebhookError } from '../../webhooks/webhook-error.ts';
import { acceptConverted } from './converted-object.ts';
import { reviewConversion, type ConversionWebhook } from './conversion-review.ts';

/** What the versions of a definition are converted by. */
export interface VersionConversionOptions {
  /** Of this version. */
  readonly apiVersion: string;
  readonly storageApiVersion: string;
  /** By apiVersion, also of versions that are not served. */
  readonly schemas: ReadonlyMap<string, StructuralSchema>;
  /** Undefined: the versions differ in name only. */
  readonly webhook: ConversionWebhook | undefined;
  /** Objects are stored in this version, and have been since the definition was made. */
  readonly isAlwaysStored: boolean;
}

/** How objects of one version get into the store and out of it. */
export type VersionConversion = Pick<ResourceType, 'fromStorage' | 'toStorage' | 'conversion'>;

/**
 * Conversion in both directions. An object from the store gets the fields and defaults of the version it was stored
 * in, is converted, and loses what its new version has no field for; defaults of that are not filled in again.
 */
export function versionConversion(options: VersionConversionOptions): VersionConversion {
  const { apiVersion, storageApiVersion, webhook, isAlwaysStored } = options;
  if (isAlwaysStored) return {};
  const read = (object: JsonObject) => readAsStored(options.schemas, object);
  const isStorage = apiVersion === storageApiVersion;
  if (webhook === undefined) {
    const rename = (object: JsonObject, to: string): JsonObject => {
      if (object['apiVersion'] === to) return object;
      object['apiVersion'] = to;
      return fit(options.schemas, object);
    };
    return {
      fromStorage: (object) => rename(read(object), apiVersion),
      ...(isStorage ? {} : { toStorage: (object) => read(rename(object, storageApiVersion)) }),
    };
  }
  return {
    conversion: {
      fromStorage: async (objects) =>
        convertAll(webhook, options.schemas, objects.map(read), apiVersion),
      toStorage: async (object) => {
        if (isStorage) return object;
        const [stored = object] = await convertAll(
          webhook,
          options.schemas,
          [object],
          storageApiVersion,
        );
        return read(stored);
      },
    },
  };
}

async function convertAll(
  webhook: ConversionWebhook,
  schemas: VersionConversionOptions['schemas'],
  objects: readonly JsonObject[],
  apiVersion: string,
): Promise<JsonObject[]> {
  const others = objects.filter((object) => object['apiVersion'] !== apiVersion);
  const [first] = others;
  if (first === undefined) return [...objects];
  const subject = `conversion webhook for ${String(first['apiVersion'])}, Kind=${String(first['kind'])}`;
  try {
    const answered = await reviewConversion(webhook, others, apiVersion).catch((error: unknown) => {
      throw error instanceof WebhookError
        ? new WebhookError(`${subject} failed: ${error.message}`)
        : error;
    });
    if (answered.length !== others.length) {
      throw new WebhookError(
        `${subject} returned ${answered.length} objects, expected ${others.length}`,
      );
    }
    const converted = new Map(
      others.map((original, index) => [
        original,
        fit(schemas, acceptConverted(answered[index], { original, apiVersion, subject })),
      ]),
    );
    return objects.map((object) => converted.get(object) ?? object);
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    throw failure(500, 'InternalError', error.message);
  }
}

/** Gives an object the fields and defaults of the version it says it has. */
function readAsStored(
  schemas: VersionConversionOptions['schemas'],
  object: JsonObject,
): JsonObject {
  const fitted = fit(schemas, object);
  const schema = schemas.get(String(fitted['apiVersion']));
  if (schema !== undefined) fillDefaults(schema, fitted);
  return fitted;
}

/** Drops what the version of an object has no field for. */
function fit(schemas: VersionConversionOptions['schemas'], object: JsonObject): JsonObject {
  const schema = schemas.get(String(object['apiVersion']));
  decodeMetadata(object, 'metadata');
  if (schema !== undefined) pruneFields(schema, object);
  return object;
}
