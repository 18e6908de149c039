import { getOwn, isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import { PatchError } from './patch-error.ts';
import { asNewElement, patchDirective, unknownDirective } from './strategic-directive.ts';

/** How the elements of a list are told apart and merged. */
export interface ListElementMerge {
  /** The member that identifies an element; undefined for a list of scalars. */
  readonly mergeKey: string | undefined;
  /** Name of the element's type, for messages. */
  readonly typeName: string;
  readonly merge: (original: JsonObject, change: JsonObject) => JsonObject;
}

/** The list after merging a patch's list into it: as a set of scalars, or element by element by the merge key. */
export function mergeList(
  original: readonly JsonValue[],
  patch: readonly JsonValue[],
  how: ListElementMerge,
): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return [];
  if (![...original, ...patch].every(isJsonObject)) {
    const merged = [...new Set([...original, ...patch])];
    if (merged.some((element) => typeof element === 'object')) {
      throw new PatchError('INVALID_PATCH', 'the elements of a merged list are of several types');
    }
    return inOrder(merged, patch, original, undefined);
  }
  const { mergeKey } = how;
  if (mergeKey === undefined) {
    throw new PatchError(
      'INVALID_PATCH',
      `cannot merge lists without merge key for ${how.typeName}`,
    );
  }
  const merged = mergeObjects(
    // Safe: every element was found to be an object above.
    original as readonly JsonObject[],
    patch as readonly JsonObject[],
    mergeKey,
    how.merge,
  );
  return inOrder(merged, patch, original, mergeKey);
}

function mergeObjects(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
  merge: ListElementMerge['merge'],
): JsonObject[] {
  const deleted = new Set<string>();
  const changes: JsonObject[] = [];
  let isReplaced = false;
  for (const element of patch) {
    const directive = getOwn(element, patchDirective);
    if (directive === undefined) changes.push(element);
    else if (directive === 'delete') deleted.add(keyOf(element, mergeKey));
    else if (directive === 'replace') isReplaced = true;
    else throw unknownDirective(directive);
  }
  if (isReplaced) return changes.map(asNewElement);
  // An element of the object without the key is nobody's match, and stays.
  const merged = original.filter((element) => !deleted.has(identityOf(element, mergeKey)));
  // The first of several elements with one key is the one to change.
  const places = placesOf(merged, mergeKey);
  for (const change of changes) {
    const key = keyOf(change, mergeKey);
    const place = places.get(key);
    const present = place === undefined ? undefined : merged[place];
    if (place === undefined || present === undefined) {
      places.set(key, merged.push(asNewElement(change)) - 1);
    } else {
      merged[place] = merge(present, change);
    }
  }
  return merged;
}

/** The identity of an element of a patch, which must carry the merge key. */
function keyOf(element: JsonObject, mergeKey: string): string {
  if (!Object.hasOwn(element, mergeKey)) {
    throw new PatchError(
      'INVALID_PATCH',
      `map: ${JSON.stringify(element)} does not contain declared merge key: ${mergeKey}`,
    );
  }
  return identityOf(element, mergeKey);
}

/** What {@link orderList} works on. */
export interface ListOrder {
  /** The list after merging. */
  readonly list: readonly JsonValue[];
  /** The wanted order: scalars, or objects that carry the merge key. */
  readonly order: readonly JsonValue[];
  /** The list before. */
  readonly original: readonly JsonValue[];
  /** The patch's list, whose order must not contradict the wanted one. */
  readonly patch: readonly JsonValue[];
  readonly mergeKey: string | undefined;
  /** Name of the field, for messages. */
  readonly name: string;
}

/**
 * The list in the order a patch asks for: what the order names stands as it says; what only the object has stands
 * where it stood in relation to its neighbours.
 */
export function orderList({
  list,
  order,
  original,
  patch,
  mergeKey,
  name,
}: ListOrder): JsonValue[] {
  if (mergeKey !== undefined) {
    order.forEach((element, index) => {
      if (!isJsonObject(element)) {
        throw new PatchError('INVALID_PATCH', `value for key ${index} is not a map`);
      }
      keyOf(element, mergeKey);
    });
  }
  const indexInOrder = indexer(order, mergeKey);
  let last = -1;
  for (const element of patch) {
    // An element to be deleted has no place in the order.
    if (isJsonObject(element) && getOwn(element, patchDirective) === 'delete') continue;
    if (isJsonObject(element) && getOwn(element, patchDirective) === 'replace') continue;
    const index = indexInOrder(element);
    if (index <= last) {
      throw new PatchError(
        'INVALID_PATCH',
        `the order of ${name} in the patch does not match its $setElementOrder`,
      );
    }
    last = index;
  }
  return inOrder(list, order, original, mergeKey);
}

/** The elements named by `order` in its order, the others among them by their place in `original`. */
function inOrder<T extends JsonValue>(
  list: readonly T[],
  order: readonly JsonValue[],
  original: readonly JsonValue[],
  mergeKey: string | undefined,
): T[] {
  const indexInOrder = indexer(order, mergeKey);
  const indexInOriginal = indexer(original, mergeKey);
  const by = (index: (element: JsonValue) => number) => (left: T, right: T) =>
    index(left) - index(right);
  const named = list.filter((element) => indexInOrder(element) >= 0).sort(by(indexInOrder));
  const others = list.filter((element) => indexInOrder(element) < 0).sort(by(indexInOriginal));
  const result: T[] = [];
  let next = 0;
  for (const element of named) {
    const place = indexInOriginal(element);
    for (let other = others[next]; other !== undefined; other = others[next]) {
      if (place < 0 || indexInOriginal(other) < 0 || indexInOriginal(other) > place) break;
      result.push(other);
      next += 1;
    }
    result.push(element);
  }
  return [...result, ...others.slice(next)];
}

/** Finds the place of an element by its merge key, or of a scalar by its value; -1 when there is none. */
function indexer(
  list: readonly JsonValue[],
  mergeKey: string | undefined,
): (element: JsonValue) => number {
  const places = placesOf(list, mergeKey);
  return (element) => places.get(identityOf(element, mergeKey)) ?? -1;
}

/** The first place of each identity. */
function placesOf(list: readonly JsonValue[], mergeKey: string | undefined): Map<string, number> {
  const places = new Map<string, number>();
  list.forEach((element, index) => {
    const identity = identityOf(element, mergeKey);
    if (!places.has(identity)) places.set(identity, index);
  });
  return places;
}

/** What tells an element apart, as text, so that `1` and `"1"` differ; empty for an object without the key. */
function identityOf(element: JsonValue, mergeKey: string | undefined): string {
  if (mergeKey === undefined || !isJsonObject(element)) return JSON.stringify(element);
  const key = getOwn(element, mergeKey);
  return key === undefined ? '' : JSON.stringify(key);
}
