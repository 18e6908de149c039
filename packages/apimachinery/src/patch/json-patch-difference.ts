import { deepEqual } from '../deep-equal.ts';
import { getOwn, isJsonObject, type JsonObject } from '../json-value.ts';
import type { JsonPatchOperation } from './json-patch.ts';
import { formatJsonPointer } from './json-pointer.ts';
import { refuseDeepPatch } from './patch-depth.ts';

/**
 * The JSON patch (RFC 6902) that turns one document into another; empty when they are the same. A member that is
 * `undefined` is no member.
 *
 * Guarantees: applied to `before` it gives `after`. Lists keep what they have in common at both ends; what is between is
 * changed element by element, not moved.
 *
 * @throws PatchError `PATCH_TOO_LARGE` when a document is nested more than 1,000 levels deep.
 */
export function createJsonPatch(before: unknown, after: unknown): JsonPatchOperation[] {
  refuseDeepPatch(before);
  refuseDeepPatch(after);
  const operations: JsonPatchOperation[] = [];
  collect(before, after, [], operations);
  return operations;
}

function collect(
  before: unknown,
  after: unknown,
  tokens: readonly string[],
  operations: JsonPatchOperation[],
): void {
  if (deepEqual(before, after)) return;
  if (isJsonObject(before) && isJsonObject(after)) {
    collectMembers(before, after, tokens, operations);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    collectElements(before, after, tokens, operations);
  } else {
    operations.push({ op: 'replace', path: formatJsonPointer(tokens), value: after });
  }
}

function collectMembers(
  before: JsonObject,
  after: JsonObject,
  tokens: readonly string[],
  operations: JsonPatchOperation[],
): void {
  for (const name of Object.keys(before)) {
    if (getOwn(before, name) !== undefined && getOwn(after, name) === undefined) {
      operations.push({ op: 'remove', path: formatJsonPointer([...tokens, name]) });
    }
  }
  for (const [name, value] of Object.entries(after)) {
    if ((value as unknown) === undefined) continue;
    const present = getOwn(before, name);
    if (present === undefined) {
      operations.push({ op: 'add', path: formatJsonPointer([...tokens, name]), value });
    } else {
      collect(present, value, [...tokens, name], operations);
    }
  }
}

function collectElements(
  before: readonly unknown[],
  after: readonly unknown[],
  tokens: readonly string[],
  operations: JsonPatchOperation[],
): void {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && deepEqual(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && deepEqual(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const common = shorter - tail;
  for (let index = head; index < common; index += 1) {
    collect(before[index], after[index], [...tokens, String(index)], operations);
  }
  // From the end, so that no removal changes the place of another.
  for (let index = before.length - tail - 1; index >= common; index -= 1) {
    operations.push({ op: 'remove', path: formatJsonPointer([...tokens, String(index)]) });
  }
  for (let index = common; index < after.length - tail; index += 1) {
    const path = formatJsonPointer([...tokens, String(index)]);
    operations.push({ op: 'add', path, value: after[index] });
  }
}
