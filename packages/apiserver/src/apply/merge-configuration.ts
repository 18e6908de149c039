import type { JsonObject, SchemaNode } from '../contracts.ts';
import type { FieldSet } from './field-set.ts';
import { fieldNode, itemNode, shapeOf } from './node-shape.ts';
import { fieldElement, itemElement, type PathElement } from './path-element.ts';

function isMap(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a member whatever its name is; a plain assignment to `__proto__` would set the prototype. */
function define(target: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function mergeMaps(node: SchemaNode, live: JsonObject, applied: JsonObject): JsonObject {
  const merged: JsonObject = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const present: unknown = Object.hasOwn(live, name) ? live[name] : undefined;
    define(merged, name, mergeValue(fieldNode(node, name), present, value));
  }
  return merged;
}

/**
 * Merges lists whose elements have identities. Elements only in the live list keep their places; the others come in
 * the order of the applied list.
 */
function mergeLists(
  node: SchemaNode,
  live: readonly unknown[],
  applied: readonly unknown[],
): unknown[] {
  const liveItems = new Map<PathElement, unknown>();
  for (const item of live) {
    const step = itemElement(node, item);
    if (step !== undefined) liveItems.set(step, item);
  }
  const appliedSteps = applied.map((item) => itemElement(node, item));
  const inApplied = new Set(appliedSteps);
  const merged: unknown[] = [];
  let next = 0;
  // Takes applied elements up to and including the next one that is live too.
  const takeApplied = (stopAtShared: boolean) => {
    while (next < applied.length) {
      const item = applied[next];
      const step = appliedSteps[next];
      next += 1;
      const isShared = step !== undefined && liveItems.has(step);
      merged.push(isShared ? mergeValue(itemNode(node), liveItems.get(step), item) : item);
      if (isShared && stopAtShared) return;
    }
  };
  for (const item of live) {
    const step = itemElement(node, item);
    if (step !== undefined && inApplied.has(step)) takeApplied(true);
    else merged.push(item);
  }
  takeApplied(false);
  return merged;
}

function mergeValue(node: SchemaNode, live: unknown, applied: unknown): unknown {
  switch (shapeOf(node, applied)) {
    case 'leaf':
      return applied;
    case 'map':
      return isMap(applied) ? mergeMaps(node, isMap(live) ? live : {}, applied) : applied;
    case 'list':
      if (!Array.isArray(applied)) return applied;
      return mergeLists(node, Array.isArray(live) ? live : [], applied);
  }
}

/** The live object with the applied configuration laid over it, by the merge rules of the schema. */
export function mergeConfiguration(
  root: SchemaNode,
  live: JsonObject,
  applied: JsonObject,
): JsonObject {
  return mergeMaps(root, live, applied);
}

function removeFromMap(node: SchemaNode, map: JsonObject, set: FieldSet): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(map)) {
    const step = fieldElement(name);
    if (set.members.has(step)) continue;
    const child = set.children.get(step);
    define(
      kept,
      name,
      child === undefined ? value : removeFrom(fieldNode(node, name), value, child),
    );
  }
  return kept;
}

function removeFrom(node: SchemaNode, value: unknown, set: FieldSet): unknown {
  if (Array.isArray(value)) {
    return (value as unknown[]).flatMap((item) => {
      const step = itemElement(node, item);
      if (step === undefined) return [item];
      if (set.members.has(step)) return [];
      const child = set.children.get(step);
      return [child === undefined ? item : removeFrom(itemNode(node), item, child)];
    });
  }
  return isMap(value) ? removeFromMap(node, value, set) : value;
}

/** The object without the fields of a set. */
export function removeFields(root: SchemaNode, object: JsonObject, set: FieldSet): JsonObject {
  return removeFromMap(root, object, set);
}
