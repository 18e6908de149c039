import { validateLabelKey, validateLabelValue } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { DecodeError } from './decode-scalar.ts';
import { canonicalJson, isJsonObject } from './json-type.ts';
import { decodeMetadata } from './object-metadata.ts';
import type { StructuralSchema } from './structural-schema.ts';

type Visit = (object: JsonObject, path: string) => void;

function walk(
  schema: StructuralSchema | undefined,
  value: unknown,
  path: string,
  visit: Visit,
): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      walk(schema.items, item, `${path}[${index}]`, visit);
    return;
  }
  if (!isJsonObject(value)) return;
  if (schema.embeddedResource === true) visit(value, path);
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties?.get(name);
    const childPath =
      path === '' ? name : known === undefined ? `${path}[${name}]` : `${path}.${name}`;
    walk(known ?? schema.additionalProperties, member, childPath, visit);
  }
}

/**
 * Reads the metadata of every resource embedded in a value, in place.
 *
 * @returns the paths of unknown fields in their metadata
 * @throws DecodeError for an apiVersion, kind or metadata of the wrong type
 */
export function decodeEmbeddedResources(schema: StructuralSchema, object: JsonObject): string[] {
  const unknownPaths: string[] = [];
  walk(schema, object, '', (resource, path) => {
    for (const name of ['apiVersion', 'kind']) {
      const value: unknown = resource[name];
      if (value !== undefined && typeof value !== 'string') {
        throw new DecodeError(
          `${path}.${name}: Invalid value: ${JSON.stringify(value)}: must be a string`,
        );
      }
    }
    const sent = canonicalJson(resource['metadata']);
    try {
      unknownPaths.push(...decodeMetadata(resource, `${path}.metadata`));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new DecodeError(`${path}.metadata: Invalid value: ${sent}: ${error.message}`);
    }
  });
  return unknownPaths;
}

const KIND_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

function validateType(resource: JsonObject, path: string): FieldError[] {
  const kind: unknown = resource['kind'];
  const apiVersion: unknown = resource['apiVersion'];
  const errors: FieldError[] = [];
  if (typeof apiVersion !== 'string') errors.push(required(`${path}.apiVersion`));
  if (typeof kind !== 'string') errors.push(required(`${path}.kind`));
  if (kind === '') {
    errors.push(invalid(`${path}.kind`, kind, 'must not be empty'));
  } else if (typeof kind === 'string' && !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/i.test(kind)) {
    errors.push(invalid(`${path}.kind`, kind, KIND_RULE));
  }
  if (apiVersion === '') {
    errors.push(invalid(`${path}.apiVersion`, apiVersion, 'must not be empty'));
  } else if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    errors.push(
      invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`),
    );
  }
  return errors;
}

function validateLabels(resource: JsonObject, path: string): FieldError[] {
  const metadata: unknown = resource['metadata'];
  const labels: unknown = isJsonObject(metadata) ? metadata['labels'] : undefined;
  if (!isJsonObject(labels)) return [];
  const field = `${path}.metadata.labels`;
  return Object.entries(labels).flatMap(([key, value]) => [
    ...validateLabelKey(key).map((message) => invalid(field, key, message)),
    ...validateLabelValue(String(value)).map((message) => invalid(field, value, message)),
  ]);
}

/** The rules for resources embedded in a value: apiVersion and kind are there, labels are labels. */
export function validateEmbeddedResources(
  schema: StructuralSchema,
  object: JsonObject,
): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, object, '', (resource, path) =>
    errors.push(...validateType(resource, path), ...validateLabels(resource, path)),
  );
  return errors;
}
