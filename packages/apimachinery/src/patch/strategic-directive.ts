import { isJsonObject, type JsonValue } from '../json-value.ts';

/** Member of an object or of a list element: what to do with the whole of it. */
export const patchDirective = '$patch';
/** Member of an object: the names of the members that stay; all others go. */
export const retainKeysDirective = '$retainKeys';
/** Prefix of a member: the scalars to take out of the list that the rest names. */
export const deleteFromListPrefix = '$deleteFromPrimitiveList/';
/** Prefix of a member: the order of the elements of the list that the rest names. */
export const setElementOrderPrefix = '$setElementOrder/';

/** A value of a patch as it stands where the object has none: nulls remove nothing there, and directives have nothing to direct. */
export function withoutDirectives(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value
      .filter((element) => !(isJsonObject(element) && Object.hasOwn(element, patchDirective)))
      .map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => member !== null && !isDirective(key))
      .map(([key, member]) => [key, withoutDirectives(member)]),
  );
}

function isDirective(key: string): boolean {
  return (
    key === patchDirective ||
    key === retainKeysDirective ||
    key.startsWith(deleteFromListPrefix) ||
    key.startsWith(setElementOrderPrefix)
  );
}
