import { getOwn, isJsonObject, setOwn, type JsonObject, type JsonValue } from '../json-value.ts';
import { refuseDeepPatch } from './patch-depth.ts';
import { PatchError } from './patch-error.ts';
import type { PatchField, PatchSchema } from './patch-schema.ts';
import {
  deleteFromListPrefix,
  patchDirective,
  retainKeysDirective,
  setElementOrderPrefix,
  withoutDirectives,
} from './strategic-directive.ts';
import { mergeList, orderList, type ListElementMerge } from './strategic-list.ts';

/**
 * The object after a strategic merge patch: like a merge patch, but lists whose field says so are merged, element by
 * element by their merge key, or as sets of scalars. Understands `$patch` (`replace`, `delete`), `$retainKeys`,
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
    if (directive === 'replace') {
      const { [patchDirective]: _, ...replacement } = patch;
      return replacement;
    }
    throw new PatchError('INVALID_PATCH', `unknown patch type found: ${JSON.stringify(directive)}`);
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
    if (change === null) Reflect.deleteProperty(merged, key);
    else setOwn(merged, key, mergeField(getOwn(merged, key), change, schema, key));
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
): JsonValue {
  const field = schema.field(key);
  if (isJsonObject(original) && isJsonObject(change)) {
    if (field?.strategies.includes('replace') === true) return change;
    return mergeObject(original, change, field?.value ?? unknownSchema(key));
  }
  if (Array.isArray(original) && Array.isArray(change)) {
    if (field?.strategies.includes('merge') !== true) return change;
    return mergeList(original, change, mergeOf(field));
  }
  return withoutDirectives(change);
}

/** A copy of the original, without what `$retainKeys` does not name. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retained = getOwn(patch, retainKeysDirective);
  if (retained === undefined) return { ...original };
  if (!Array.isArray(retained)) {
    throw new PatchError('INVALID_PATCH', `${retainKeysDirective} is not a list`);
  }
  for (const [key, change] of Object.entries(patch)) {
    const isExempt = change === null || isListDirective(key) || key === retainKeysDirective;
    if (!isExempt && !retained.includes(key)) {
      throw new PatchError(
        'INVALID_PATCH',
        `${retainKeysDirective} does not name ${JSON.stringify(key)}`,
      );
    }
  }
  // fromEntries defines members, so that one named __proto__ stays a member.
  return Object.fromEntries(Object.entries(original).filter(([key]) => retained.includes(key)));
}

function deleteFromList(
  merged: JsonObject,
  name: string,
  values: JsonValue,
  schema: PatchSchema,
): void {
  const list = getOwn(merged, name);
  if (!Array.isArray(values)) {
    throw new PatchError('INVALID_PATCH', `${deleteFromListPrefix}${name} is not a list`);
  }
  if (!Array.isArray(list)) return;
  const isMerged = schema.field(name)?.strategies.includes('merge') === true;
  setOwn(merged, name, isMerged ? list.filter((value) => !values.includes(value)) : values);
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
  const list = getOwn(merged, name);
  if (!Array.isArray(list)) return;
  const field = schema.field(name);
  const before = getOwn(original, name);
  const given = getOwn(patch, name);
  const ordered = orderList({
    list,
    order,
    original: Array.isArray(before) ? before : [],
    patch: Array.isArray(given) ? given : [],
    mergeKey: field?.mergeKey,
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
