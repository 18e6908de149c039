import { isJsonObject, setOwn, type JsonObject, type JsonValue } from '../json-value.ts';
import { PatchError } from './patch-error.ts';

/** Member of an object or of a list element: what to do with the whole of it. */
export const patchDirective = '$patch';
/** Member of an object: the names of the members that stay; all others go. */
export const retainKeysDirective = '$retainKeys';
/** Prefix of a member: the scalars to take out of the list that the rest names. */
export const deleteFromListPrefix = '$deleteFromPrimitiveList/';
/** Prefix of a member: the order of the elements of the list that the rest names. */
export const setElementOrderPrefix = '$setElementOrder/';

/**
 * A value of a patch as a new member of an object: nulls have nothing to remove there, and what carries `$patch` has
 * nothing to direct and is left out.
 */
export function asNewMember(value: JsonValue): JsonValue | undefined {
  return cleaned(value, true);
}

/**
 * A value of a patch that takes its place as a whole, as a new element of a list: nulls and directives are no content,
 * but what carries a directive stays.
 */
export function asNewElement(value: JsonObject): JsonObject {
  return cleanedMembers(value, false);
}

function cleaned(value: JsonValue, leavesOutDirected: boolean): JsonValue | undefined {
  if (Array.isArray(value)) {
    return value
      .map((element) => cleaned(element, leavesOutDirected))
      .filter((element) => element !== undefined);
  }
  if (!isJsonObject(value)) return value;
  if (leavesOutDirected && Object.hasOwn(value, patchDirective)) return undefined;
  return cleanedMembers(value, leavesOutDirected);
}

function cleanedMembers(value: JsonObject, leavesOutDirected: boolean): JsonObject {
  const members: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === null || isDirective(key)) continue;
    const kept = cleaned(member, leavesOutDirected);
    if (kept !== undefined) setOwn(members, key, kept);
  }
  return members;
}

function isDirective(key: string): boolean {
  return (
    key === patchDirective ||
    key === retainKeysDirective ||
    key.startsWith(deleteFromListPrefix) ||
    key.startsWith(setElementOrderPrefix)
  );
}

/** The error for a `$patch` that is neither `replace` nor `delete`; an API server refuses `merge` too, which is the default. */
export function unknownDirective(directive: JsonValue): PatchError {
  return new PatchError('INVALID_PATCH', `unknown patch type: ${JSON.stringify(directive)}`);
}
