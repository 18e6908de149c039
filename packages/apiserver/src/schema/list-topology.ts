import type { JsonObject } from '../contracts.ts';
import { duplicate, type FieldError } from '../field-error.ts';
import { canonicalJson, isJsonObject, memberOf } from './json-type.ts';
import type { SchemaNode } from '../contracts.ts';

/** The identity of an element of a `map` list: its key fields, absent ones with their defaults. */
function mapKeyOf(node: SchemaNode, item: unknown): JsonObject | undefined {
  if (!isJsonObject(item)) return undefined;
  const key: JsonObject = {};
  for (const name of node.listMapKeys ?? []) {
    const value = memberOf(item, name) ?? node.items?.properties?.get(name)?.default;
    if (value !== undefined) key[name] = value;
  }
  return key;
}

/**
 * For a `map` list, the function that finds the element of the old list with the same key; elements of other lists
 * have no old counterpart.
 */
export function correlatedItem(
  node: SchemaNode,
  old: unknown,
): (item: unknown) => { readonly value: unknown } | undefined {
  if (node.listType !== 'map' || !Array.isArray(old)) return () => undefined;
  const byKey = new Map<string, unknown>();
  for (const item of old) {
    const key = canonicalJson(mapKeyOf(node, item));
    if (!byKey.has(key)) byKey.set(key, item);
  }
  return (item) => {
    const key = canonicalJson(mapKeyOf(node, item));
    return byKey.has(key) ? { value: byKey.get(key) } : undefined;
  };
}

function checkUnique(node: SchemaNode, items: readonly unknown[], path: string): FieldError[] {
  const identity =
    node.listType === 'set' ? (item: unknown) => item : (item: unknown) => mapKeyOf(node, item);
  const seen = new Set<string>();
  const reported = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, item] of items.entries()) {
    const value = identity(item);
    if (value === undefined) continue;
    const key = canonicalJson(value);
    if (seen.has(key) && !reported.has(key)) {
      errors.push(duplicate(`${path}[${index}]`, value));
      reported.add(key);
    }
    seen.add(key);
  }
  return errors;
}

/** Checks that lists of type `set` and `map` hold no element twice, at any depth. */
export function validateListTopology(
  node: SchemaNode,
  value: unknown,
  path: string,
): readonly FieldError[] {
  if (Array.isArray(value)) {
    const own =
      node.listType === 'set' || node.listType === 'map' ? checkUnique(node, value, path) : [];
    const { items } = node;
    return items === undefined
      ? own
      : [
          ...own,
          ...value.flatMap((item, index) => validateListTopology(items, item, `${path}[${index}]`)),
        ];
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const known = node.properties?.get(name);
    const child = known ?? node.additionalProperties;
    if (child === undefined) return [];
    const childPath =
      known === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    return validateListTopology(child, member, childPath);
  });
}
