import type { StructuralSchema } from './structural-schema.ts';
import { cloneJson, isJsonObject, setMember } from './json-type.ts';

/** A null that the schema does not allow counts as an absent value. */
function isAbsentNull(schema: StructuralSchema | undefined, value: unknown): boolean {
  return value === null && schema !== undefined && schema.nullable !== true;
}

function fill(schema: StructuralSchema, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (let index = 0; index < value.length; index += 1) {
      if (isAbsentNull(items, value[index]) && items.default !== undefined) {
        value[index] = cloneJson(items.default);
      }
      fill(items, value[index]);
    }
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, property] of schema.properties ?? []) {
    if (property.default === undefined) continue;
    if (!Object.hasOwn(value, name) || isAbsentNull(property, value[name])) {
      setMember(value, name, cloneJson(property.default));
    }
  }
  for (const [name, member] of Object.entries(value)) {
    const child = schema.properties?.get(name) ?? schema.additionalProperties;
    if (child === undefined) continue;
    if (isAbsentNull(child, member)) {
      if (child.default === undefined) {
        Reflect.deleteProperty(value, name);
        continue;
      }
      setMember(value, name, cloneJson(child.default));
    }
    fill(child, value[name]);
  }
}

/**
 * Fills the defaults that a schema declares, in place, at every depth; a null where the schema allows none is replaced
 * by the default, or dropped when there is none. Elements of lists are never dropped.
 */
export function fillDefaults(schema: StructuralSchema, value: unknown): void {
  fill(schema, value);
}
