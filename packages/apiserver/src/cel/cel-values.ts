import type { CelInput } from '@bufbuild/cel';
import { isJsonObject } from '../schema/json-type.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { toDuration, toTimestamp } from './cel-environment.ts';
import { celFieldName } from './schema-types.ts';

function fromText(schema: StructuralSchema, text: string): CelInput {
  switch (schema.format) {
    case 'byte':
      return Uint8Array.from(Buffer.from(text, 'base64'));
    case 'date':
      return toTimestamp(`${text}T00:00:00Z`);
    case 'date-time':
      return toTimestamp(text.toUpperCase());
    case 'duration':
      return toDuration(text);
    default:
      return text;
  }
}

/** A value without a schema that says more, as CEL sees it: integers are integers. */
export function fromAny(value: unknown): CelInput {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(fromAny);
  if (isJsonObject(value)) {
    return new Map(Object.entries(value).map(([key, member]) => [key, fromAny(member)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function fromObject(schema: StructuralSchema, value: Record<string, unknown>): CelInput {
  const members = new Map<string, CelInput>();
  for (const [name, member] of Object.entries(value)) {
    const property = schema.properties?.get(name);
    if (property === undefined && schema.additionalProperties !== undefined) {
      members.set(name, toCelValue(schema.additionalProperties, member));
      continue;
    }
    // A property that is null is not there for rules.
    if (property !== undefined && member === null) continue;
    const field = celFieldName(name);
    if (field === undefined) continue;
    members.set(field, property === undefined ? fromAny(member) : toCelValue(property, member));
  }
  return members;
}

/**
 * A JSON value as rules see it: integers, timestamps, durations and bytes by the schema, property names spelt out.
 *
 * @throws Error for a text that its format does not allow; such values have failed validation before
 */
export function toCelValue(schema: StructuralSchema, value: unknown): CelInput {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return fromText(schema, value);
  if (typeof value === 'number') {
    return schema.type === 'number' ? value : fromAny(value);
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    return value.map((item: unknown) =>
      items === undefined ? fromAny(item) : toCelValue(items, item),
    );
  }
  return isJsonObject(value) ? fromObject(schema, value) : fromAny(value);
}
