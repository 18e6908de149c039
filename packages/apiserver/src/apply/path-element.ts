import type { JsonObject, SchemaNode } from '../contracts.ts';

/**
 * One step of a path in a field set, in the notation of FieldsV1: `f:<name>` a field, `k:{…}` an element of a map
 * list by its keys, `v:<json>` an element of a set, `i:<n>` an element by its index.
 */
export type PathElement = string;

/** The step to a field. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The step to an element of a set or map list; undefined when the element lacks a key that has no default. */
export function itemElement(list: SchemaNode, item: unknown): PathElement | undefined {
  if (list.listType === 'set') return `v:${JSON.stringify(item)}`;
  if (!isPlainObject(item)) return undefined;
  const keys: JsonObject = {};
  let found = false;
  for (const key of [...(list.listMapKeys ?? [])].sort()) {
    const value: unknown = Object.hasOwn(item, key)
      ? item[key]
      : list.items?.properties?.get(key)?.default;
    if (value === undefined || value === null) continue;
    keys[key] = value;
    found = true;
  }
  return found ? `k:${JSON.stringify(keys)}` : undefined;
}

/** The elements of a set or map list by the steps to them. A list that was not applied may repeat a key. */
export function itemsByStep(list: SchemaNode, value: unknown): Map<PathElement, unknown[]> {
  const items = new Map<PathElement, unknown[]>();
  for (const item of Array.isArray(value) ? (value as unknown[]) : []) {
    const step = itemElement(list, item);
    if (step === undefined) continue;
    const others = items.get(step);
    if (others === undefined) items.set(step, [item]);
    else others.push(item);
  }
  return items;
}

const RANKS: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** Order of steps in FieldsV1: fields, keys, values, indices; each in its own order. */
export function comparePathElements(left: PathElement, right: PathElement): number {
  const rank = (RANKS[left[0] ?? ''] ?? 4) - (RANKS[right[0] ?? ''] ?? 4);
  if (rank !== 0) return rank;
  if (left.startsWith('i:')) return Number(left.slice(2)) - Number(right.slice(2));
  return left < right ? -1 : left > right ? 1 : 0;
}

function keyText(value: unknown): string {
  return JSON.stringify(value);
}

/** A path as conflicts show it: `.spec.containers[name="app"].image`. */
export function formatPath(path: readonly PathElement[]): string {
  return path
    .map((element) => {
      const text = element.slice(2);
      switch (element[0]) {
        case 'f':
          return `.${text}`;
        case 'k': {
          // Written by `itemElement` or read from FieldsV1, which holds objects here.
          const keys = JSON.parse(text) as JsonObject;
          const pairs = Object.entries(keys).map(([key, value]) => `${key}=${keyText(value)}`);
          return `[${pairs.join(',')}]`;
        }
        case 'v':
          return `[=${text}]`;
        default:
          return `[${text}]`;
      }
    })
    .join('');
}
