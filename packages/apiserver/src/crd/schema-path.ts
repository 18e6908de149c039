import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';

/** A schema with its place in a definition. */
export interface PlacedSchema {
  readonly schema: JsonObject;
  /** Such as `spec.validation.openAPIV3Schema.properties[spec]`. */
  readonly path: string;
}

function placed(value: unknown, path: string): PlacedSchema[] {
  return isJsonObject(value) ? [{ schema: value, path }] : [];
}

/** The schemas of an object's properties, in document order. */
export function propertySchemas({
  schema,
  path,
}: PlacedSchema): (PlacedSchema & { name: string })[] {
  const properties: unknown = schema['properties'];
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, property]) =>
    placed(property, `${path}.properties[${name}]`).map((found) => ({ ...found, name })),
  );
}

/** The schema of a map's values. */
export function additionalSchema({ schema, path }: PlacedSchema): PlacedSchema[] {
  return placed(schema['additionalProperties'], `${path}.additionalProperties`);
}

/** The schema of a list's elements. */
export function itemSchema({ schema, path }: PlacedSchema): PlacedSchema[] {
  return placed(schema['items'], `${path}.items`);
}

/** The schemas of which a value has to satisfy all, some, one or none. */
export function compositionSchemas({ schema, path }: PlacedSchema): PlacedSchema[] {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((keyword) => {
    const parts: unknown = schema[keyword];
    return Array.isArray(parts)
      ? parts.flatMap((part, index) => placed(part, `${path}.${keyword}[${index}]`))
      : [];
  });
  return [...lists, ...placed(schema['not'], `${path}.not`)];
}
