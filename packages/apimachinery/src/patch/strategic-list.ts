import { deepEqual } from '../deep-equal.ts';
import { getOwn, isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import { PatchError } from './patch-error.ts';
import { patchDirective } from './strategic-directive.ts';

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
  let merged = [...original];
  const changes: JsonObject[] = [];
  let isReplaced = false;
  for (const element of patch) {
    const directive = getOwn(element, patchDirective);
    switch (directive) {
      case undefined:
        changes.push(element);
        break;
      case 'delete': {
        const key = keyOf(element, mergeKey);
        merged = merged.filter((candidate) => !deepEqual(getOwn(candidate, mergeKey), key));
        break;
      }
      case 'replace':
        isReplaced = true;
        break;
      default:
        throw new PatchError(
          'INVALID_PATCH',
          `unknown patch type found: ${JSON.stringify(directive)}`,
        );
    }
  }
  if (isReplaced) return changes;
  for (const change of changes) {
    const key = keyOf(change, mergeKey);
    const index = merged.findIndex((candidate) => deepEqual(getOwn(candidate, mergeKey), key));
    const present = merged[index];
    if (present === undefined) merged.push(change);
    else merged[index] = merge(present, change);
  }
  return merged;
}

function keyOf(element: JsonObject, mergeKey: string): JsonValue {
  const key = getOwn(element, mergeKey);
  if (key === undefined) {
    throw new PatchError(
      'INVALID_PATCH',
      `map: ${JSON.stringify(element)} does not contain declared merge key: ${mergeKey}`,
    );
  }
  return key;
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
  const identify = (element: JsonValue): string =>
    JSON.stringify(
      mergeKey !== undefined && isJsonObject(element) ? getOwn(element, mergeKey) : element,
    );
  const places = new Map<string, number>();
  list.forEach((element, index) => {
    const identity = identify(element);
    if (!places.has(identity)) places.set(identity, index);
  });
  return (element) => places.get(identify(element)) ?? -1;
}
