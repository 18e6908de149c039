import {
  deepEqual,
  getOwn,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@kubewright/apimachinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';

/**
 * Carries what changed from `before` to `after` over to `whole`, which has more members than both can tell: a merge of
 * three. Objects are merged member by member, lists by the keys that their schema names, all else is replaced.
 */
export function rebase(
  whole: JsonValue | undefined,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  schema: StructuralSchema | undefined,
): JsonValue | undefined {
  if (deepEqual(before, after)) return whole;
  if (isJsonObject(whole) && isJsonObject(before) && isJsonObject(after)) {
    return rebaseObject(whole, before, after, schema);
  }
  const keys = schema?.['x-kubernetes-list-map-keys'];
  if (keys !== undefined && isItems(whole) && isItems(before) && isItems(after)) {
    return rebaseItems(whole, before, after, keys, schema?.items);
  }
  return after;
}

function rebaseObject(
  whole: JsonObject,
  before: JsonObject,
  after: JsonObject,
  schema: StructuralSchema | undefined,
): JsonObject {
  const names = new Set([before, after, whole].flatMap((object) => Object.keys(object)));
  const members = [...names].flatMap((name) => {
    const value = rebase(
      getOwn(whole, name),
      getOwn(before, name),
      getOwn(after, name),
      getOwn(schema?.properties ?? {}, name) ?? schema?.additionalProperties,
    );
    return value === undefined ? [] : [[name, value] as const];
  });
  // fromEntries defines members, also those named like one that objects inherit.
  return Object.fromEntries(members);
}

/** In the order of `after`; items that `before` did not tell stay, at the end. */
function rebaseItems(
  whole: readonly JsonObject[],
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  keys: readonly string[],
  schema: StructuralSchema | undefined,
): JsonValue[] {
  const keyOf = (item: JsonObject): string => JSON.stringify(keys.map((key) => item[key] ?? null));
  const byKey = (items: readonly JsonObject[]): Map<string, JsonObject> =>
    new Map(items.map((item) => [keyOf(item), item]));
  const [wholes, befores, afters] = [byKey(whole), byKey(before), byKey(after)];
  const changed = after.map((item) => {
    const key = keyOf(item);
    return rebase(wholes.get(key) ?? item, befores.get(key), item, schema) ?? item;
  });
  const untold = whole.filter((item) => !befores.has(keyOf(item)) && !afters.has(keyOf(item)));
  return [...changed, ...untold];
}

function isItems(value: JsonValue | undefined): value is JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject);
}
