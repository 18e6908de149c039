import { getOwn, isJsonObject, setOwn, type JsonObject, type JsonValue } from '../json-value.ts';
import { refuseDeepPatch } from './patch-depth.ts';
import { PatchError } from './patch-error.ts';
import type { PatchField, PatchSchema } from './patch-schema.ts';
import {
  asNewElement,
  asNewMember,
  deleteFromListPrefix,
  patchDirective,
  retainKeysDirective,
  setElementOrderPrefix,
  unknownDirective,
} from './strategic-directive.ts';
import { mergeList, orderList, type ListElementMerge } from './strategic-list.ts';

/**
 * The object after a strategic merge patch: like a merge patch, but lists whose field says so are merged, element by
 * element by their merge key, or as sets of scalars. Understands `$patch` (`replace`, `delete`;
 * `merge` is refused, as by an API server), `$retainKeys`,
 * `$deleteFromPrimitiveList/<field>` and `$setElementOrder/<field>`.
 *
 * Guarantees: pure; the result may share unchanged parts with the object and new ones with the patch.
 *
 * @param schema - The type of the object, for its lists; see `openApiPatchSchema`.
 * @throws PatchError `INVALID_PATCH` or, beyond 1,000 levels of nesting, `PATCH_TOO_LARGE`.
 */
export function applyStrategicMergePatch(
  object: unknown,
  patch: unknown,
  schema: PatchSchema,
): unknown {
  refuseDeepPatch(patch);
  if (patch === null) return object;
  if (!isJsonObject(object) || !isJsonObject(patch)) {
    throw new PatchError(
      'INVALID_PATCH',
      'a strategic merge patch and its object are JSON objects',
    );
  }
  return mergeObject(object, patch, schema);
}

function mergeObject(original: JsonObject, patch: JsonObject, schema: PatchSchema): JsonObject {
  const directive = getOwn(patch, patchDirective);
  if (directive !== undefined) {
    if (directive === 'delete') return {};
    if (directive === 'replace') return asNewElement(patch);
    throw unknownDirective(directive);
  }
  const merged = retainKeys(original, patch);
  // Deletions come first, so that a value both deleted and given is there in the end, whatever the order of the members.
  for (const [key, values] of Object.entries(patch)) {
    if (key.startsWith(deleteFromListPrefix)) {
      deleteFromList(merged, key.slice(deleteFromListPrefix.length), values, schema);
    }
  }
  for (const [key, change] of Object.entries(patch)) {
    if (isListDirective(key) || key === retainKeysDirective) continue;
    // Safe to compare: an object of TypeScript may have members that are undefined, which JSON does not send.
    if ((change as unknown) === undefined) continue;
    const value =
      change === null ? undefined : mergeField(getOwn(merged, key), change, schema, key);
    if (value === undefined) Reflect.deleteProperty(merged, key);
    else setOwn(merged, key, value);
  }
  for (const [key, order] of Object.entries(patch)) {
    if (key.startsWith(setElementOrderPrefix)) {
      const name = key.slice(setElementOrderPrefix.length);
      setElementOrder(merged, original, patch, name, order, schema);
    }
  }
  return merged;
}

function isListDirective(key: string): boolean {
  return key.startsWith(deleteFromListPrefix) || key.startsWith(setElementOrderPrefix);
}

function mergeField(
  original: JsonValue | undefined,
  change: JsonValue,
  schema: PatchSchema,
  key: string,
): JsonValue | undefined {
  const field = schema.field(key);
  if (isJsonObject(original) && isJsonObject(change)) {
    if (field?.strategies.includes('replace') === true) return change;
    return mergeObject(original, change, field?.value ?? unknownSchema(key));
  }
  if (Array.isArray(original) && Array.isArray(change)) {
    if (field?.strategies.includes('merge') !== true) return change;
    return mergeList(original, change, mergeOf(field));
  }
  return asNewMember(change);
}

/** A copy of the original, without what `$retainKeys` does not name. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retained = getOwn(patch, retainKeysDirective);
  if (retained === undefined) return { ...original };
  if (!Array.isArray(retained)) {
    throw new PatchError('INVALID_PATCH', `${retainKeysDirective} is not a list`);
  }
  const names = new Set(retained);
  for (const [key, change] of Object.entries(patch)) {
    const isExempt = change === null || isListDirective(key) || key === retainKeysDirective;
    if (!isExempt && !names.has(key)) {
      throw new PatchError(
        'INVALID_PATCH',
        `${retainKeysDirective} does not name ${JSON.stringify(key)}`,
      );
    }
  }
  // fromEntries defines members, so that one named __proto__ stays a member.
  return Object.fromEntries(Object.entries(original).filter(([key]) => names.has(key)));
}

function deleteFromList(
  merged: JsonObject,
  name: string,
  values: JsonValue,
  schema: PatchSchema,
): void {
  const list = getOwn(merged, name);
  // An API server takes null for the whole list, and ignores what is no list.
  if (values === null) Reflect.deleteProperty(merged, name);
  if (!Array.isArray(values) || !Array.isArray(list)) return;
  const isMerged = schema.field(name)?.strategies.includes('merge') === true;
  const unwanted = new Set(values);
  setOwn(merged, name, isMerged ? list.filter((value) => !unwanted.has(value)) : values);
}

function setElementOrder(
  merged: JsonObject,
  original: JsonObject,
  patch: JsonObject,
  name: string,
  order: JsonValue,
  schema: PatchSchema,
): void {
  if (!Array.isArray(order)) {
    throw new PatchError('INVALID_PATCH', `${setElementOrderPrefix}${name} is not a list`);
  }
  const field = schema.field(name);
  if (field === undefined) {
    throw new PatchError(
      'INVALID_PATCH',
      `unable to find api field in struct ${schema.name} for the json field ${JSON.stringify(name)}`,
    );
  }
  const list = getOwn(merged, name);
  if (!Array.isArray(list)) return;
  const before = getOwn(original, name);
  const given = getOwn(patch, name);
  const ordered = orderList({
    list,
    order,
    original: Array.isArray(before) ? before : [],
    patch: Array.isArray(given) ? given : [],
    mergeKey: field.mergeKey,
    name,
  });
  setOwn(merged, name, ordered);
}

function mergeOf(field: PatchField): ListElementMerge {
  return {
    mergeKey: field.mergeKey,
    typeName: field.value.name,
    merge: (original, change) => mergeObject(original, change, field.value),
  };
}

/** For members the schema does not know, as within arbitrary JSON: objects merge, lists are replaced. */
function unknownSchema(name: string): PatchSchema {
  return { name, field: () => undefined };
}
