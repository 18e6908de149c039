import type { JsonObject, SchemaNode } from '../contracts.ts';
import type { FieldSet } from './field-set.ts';
import { FieldSetBuilder } from './field-set.ts';
import { fieldNode, isDeclaredField, itemNode, shapeOf } from './node-shape.ts';
import { fieldElement, itemsByStep } from './path-element.ts';

function isEmptyOrNull(value: unknown): boolean {
  return (
    value === null ||
    (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0)
  );
}

function collectMap(node: SchemaNode, value: JsonObject, set: FieldSetBuilder): void {
  for (const [name, member] of Object.entries(value)) {
    const step = fieldElement(name);
    const child = fieldNode(node, name);
    if (
      shapeOf(child, member) === 'leaf' ||
      isEmptyOrNull(member) ||
      !isDeclaredField(node, name)
    ) {
      set.add(step);
    }
    collect(child, member, set.at(step));
  }
}

function collectList(node: SchemaNode, items: readonly unknown[], set: FieldSetBuilder): void {
  for (const [step, [item, ...others]] of itemsByStep(node, items)) {
    set.add(step);
    if (others.length === 0) collect(itemNode(node), item, set.at(step));
  }
}

function collect(node: SchemaNode, value: unknown, set: FieldSetBuilder): void {
  if (value === null || typeof value !== 'object') return;
  switch (shapeOf(node, value)) {
    case 'leaf':
      return;
    case 'map':
      // The shape of a list under an object schema cannot come out of decoding.
      if (!Array.isArray(value)) collectMap(node, value, set);
      return;
    case 'list':
      if (Array.isArray(value)) collectList(node, value, set);
      return;
  }
}

/** All fields that an applied configuration speaks about: what its manager will own. */
export function fieldsOf(root: SchemaNode, object: JsonObject): FieldSet {
  const set = new FieldSetBuilder();
  collectMap(root, object, set);
  return set.build();
}
