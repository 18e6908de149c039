import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, SchemaNode } from '../contracts.ts';
import type { FieldSet } from './field-set.ts';
import { FieldSetBuilder } from './field-set.ts';
import { fieldNode, itemNode, shapeOf } from './node-shape.ts';
import { fieldElement, itemsByStep, type PathElement } from './path-element.ts';

/** How two versions of an object differ, field by field. */
export interface FieldChanges {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Builders {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

function below(builders: Builders, step: PathElement): Builders {
  return {
    added: builders.added.at(step),
    modified: builders.modified.at(step),
    removed: builders.removed.at(step),
  };
}

function isMap(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptyMap(value: unknown): boolean {
  return value === undefined || value === null || (isMap(value) && Object.keys(value).length === 0);
}

/** Compares what is at `step`; `undefined` is absent. */
function compareAt(
  node: SchemaNode,
  before: unknown,
  after: unknown,
  step: PathElement,
  builders: Builders,
): void {
  if (before === undefined && after === undefined) return;
  const shape = shapeOf(node, after ?? before);
  // A change of shape is only possible where nothing is declared.
  const sameShape = before === undefined || after === undefined || shapeOf(node, before) === shape;
  const isBranch =
    sameShape &&
    ((shape === 'map' && !(isEmptyMap(before) && isEmptyMap(after))) || shape === 'list');
  if (before === undefined) builders.added.add(step);
  else if (after === undefined) builders.removed.add(step);
  else if (!isBranch && !deepEqual(before, after)) builders.modified.add(step);
  if (!isBranch) return;
  if (shape === 'map') compareMaps(node, before, after, below(builders, step));
  else compareLists(node, before, after, below(builders, step));
}

function compareMaps(node: SchemaNode, before: unknown, after: unknown, builders: Builders): void {
  const left = isMap(before) ? before : {};
  const right = isMap(after) ? after : {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const one: unknown = Object.hasOwn(left, name) ? left[name] : undefined;
    const other: unknown = Object.hasOwn(right, name) ? right[name] : undefined;
    compareAt(fieldNode(node, name), one, other, fieldElement(name), builders);
  }
}

function compareLists(node: SchemaNode, before: unknown, after: unknown, builders: Builders): void {
  const left = itemsByStep(node, before);
  const right = itemsByStep(node, after);
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const one = left.get(step) ?? [];
    const other = right.get(step) ?? [];
    // Items of one key stand for each other, so that nobody can own a part of one of them.
    if (one.length > 1 && other.length > 1) {
      if (!deepEqual(one, other)) builders.modified.add(step);
    } else if (one.length > 1) {
      compareAt(itemNode(node), undefined, other[0], step, builders);
      builders.removed.add(step);
    } else if (other.length > 1) {
      compareAt(itemNode(node), one[0], undefined, step, builders);
      builders.added.add(step);
    } else compareAt(itemNode(node), one[0], other[0], step, builders);
  }
}

/** The fields that differ between two versions of an object. What appears as a whole is added with all that is in it. */
export function compareFields(
  root: SchemaNode,
  before: JsonObject,
  after: JsonObject,
): FieldChanges {
  const builders = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  compareMaps(root, before, after, builders);
  return {
    added: builders.added.build(),
    modified: builders.modified.build(),
    removed: builders.removed.build(),
  };
}
