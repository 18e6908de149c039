import type { JsonObject } from '../contracts.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { compileRules } from '../cel/compile-rules.ts';
import { validateEmbeddedResources } from '../schema/embedded-resources.ts';
import { cloneJson, isJsonObject } from '../schema/json-type.ts';
import { decodeMetadata } from '../schema/object-metadata.ts';
import { pruneFields } from '../schema/prune-fields.ts';
import { compileStructuralSchema } from '../schema/structural-schema.ts';
import { validateValue } from '../schema/validate-value.ts';
import { itemSchema, propertySchemas, type PlacedSchema } from './schema-path.ts';

/** An error inside of a default, told with the place of the default in the definition. */
function relocated(error: FieldError, path: string): FieldError {
  if (error.field === '<nil>') return error;
  const field = error.field === '' ? path : `${path}.${error.field}`;
  return { ...error, field };
}

function isResource(schema: JsonObject, isRoot: boolean): boolean {
  return isRoot || schema['x-kubernetes-embedded-resource'] === true;
}

function defaultErrors({ schema, path }: PlacedSchema, isRoot: boolean): FieldError[] {
  const value: unknown = schema['default'];
  if (value === undefined || value === null) return [];
  const field = `${path}.default`;
  // Wrapped into an object, so that pruning and checking see the value at its own schema.
  const compiled = compileStructuralSchema({
    type: 'object',
    properties: {
      value: isRoot ? { ...schema, 'x-kubernetes-embedded-resource': true } : schema,
    },
  });
  const node = compiled.properties?.get('value');
  if (node === undefined) return [];
  const wrapped = { value: cloneJson(value) };
  const errors: FieldError[] = [];
  if (isResource(schema, isRoot) && isJsonObject(wrapped.value)) {
    decodeMetadata(wrapped.value, 'metadata');
  }
  if (pruneFields(compiled, wrapped).length > 0) {
    errors.push(invalid(field, value, 'must not have unknown fields'));
  }
  const structural = validateValue(node, wrapped.value, '');
  const embedded = validateEmbeddedResources(compiled, wrapped).map((error) => ({
    ...error,
    field: error.field.replace(/^value\.?/, ''),
  }));
  errors.push(...[...structural, ...embedded].map((error) => relocated(error, field)));
  if (errors.length > 0) return errors;
  const { checker } = compileRules(node, path);
  return checker
    .checkValue(wrapped.value)
    .map((error) => ({ ...error, field: error.field === '<nil>' ? '' : error.field }))
    .map((error) => relocated(error, field));
}

/**
 * The rules for defaults: each satisfies the schema it stands in, and names no unknown field. Defaults inside of maps are
 * not looked at, as in the real server.
 */
export function allDefaultErrors(placed: PlacedSchema, isRoot = true): FieldError[] {
  return [
    ...defaultErrors(placed, isRoot),
    ...propertySchemas(placed)
      .filter(({ name }) => !isRoot || name !== 'metadata')
      .flatMap((property) => allDefaultErrors(property, false)),
    ...itemSchema(placed).flatMap((child) => allDefaultErrors(child, false)),
  ];
}
