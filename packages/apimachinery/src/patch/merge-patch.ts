import { deepEqual } from '../deep-equal.ts';
import { getOwn, isJsonObject, setOwn, type JsonObject, type JsonValue } from '../json-value.ts';
import { refuseDeepPatch } from './patch-depth.ts';

/**
 * The document after a JSON merge patch (RFC 7386): members are merged, null removes, everything else replaces.
 * Pure; the result may share unchanged parts with the document and new ones with the patch, so treat all as read-only.
 *
 * @throws PatchError `PATCH_TOO_LARGE` when the patch is nested more than 1,000 levels deep.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  refuseDeepPatch(patch);
  // Safe: both are JSON by contract, and only own members are looked at.
  return merge(document as JsonValue | undefined, patch as JsonValue);
}

function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) Reflect.deleteProperty(merged, key);
    // Safe to compare: an object of TypeScript may have members that are undefined, which JSON does not send.
    else if ((change as unknown) !== undefined) {
      setOwn(merged, key, merge(getOwn(merged, key), change));
    }
  }
  return merged;
}

/**
 * The merge patch that turns one document into another; `{}` when they are the same.
 *
 * Guarantees: applied to `before` it gives `after`, except that a member which is null in `after` counts as absent: a merge
 * patch cannot set null.
 *
 * @throws PatchError `PATCH_TOO_LARGE` when a document is nested more than 1,000 levels deep.
 */
export function createMergePatch(before: unknown, after: unknown): unknown {
  refuseDeepPatch(before);
  refuseDeepPatch(after);
  if (!isJsonObject(after)) return after;
  return isJsonObject(before) ? difference(before, after) : after;
}

function difference(before: JsonObject, after: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(before)) {
    const wanted: JsonValue | undefined = getOwn(after, key);
    if (isAbsent(wanted) && !isAbsent(getOwn(before, key))) setOwn(patch, key, null);
  }
  for (const [key, wanted] of Object.entries(after)) {
    if (isAbsent(wanted)) continue;
    const present = getOwn(before, key);
    if (isJsonObject(present) && isJsonObject(wanted)) {
      const nested = difference(present, wanted);
      if (Object.keys(nested).length > 0) setOwn(patch, key, nested);
    } else if (!deepEqual(present, wanted)) {
      setOwn(patch, key, wanted);
    }
  }
  return patch;
}

function isAbsent(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}
