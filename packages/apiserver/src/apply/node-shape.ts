import type { SchemaNode } from '../contracts.ts';

/** A node about which nothing is known: the value itself decides, lists are atomic. */
export const UNTYPED: SchemaNode = { type: 'any' };

/**
 * How ownership divides a value: a `leaf` is owned as a whole, a `map` by field, a `list` by element.
 */
export type NodeShape = 'leaf' | 'map' | 'list';

/** The shape of a value under a schema. Where the schema says nothing, objects are maps and lists are atomic. */
export function shapeOf(node: SchemaNode, value: unknown): NodeShape {
  switch (node.type) {
    case 'object':
      return node.mapType === 'atomic' ? 'leaf' : 'map';
    case 'array':
      return node.listType === 'set' || node.listType === 'map' ? 'list' : 'leaf';
    case 'any':
      if (node.mapType === 'atomic') return 'leaf';
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'map' : 'leaf';
    default:
      return 'leaf';
  }
}

/** The schema of a field of an object; untyped where nothing is declared. */
export function fieldNode(node: SchemaNode, name: string): SchemaNode {
  return node.properties?.get(name) ?? node.additionalProperties ?? UNTYPED;
}

/** Whether the field is declared, and not just a key of a map. */
export function isDeclaredField(node: SchemaNode, name: string): boolean {
  return node.properties?.has(name) ?? false;
}

/** The schema of the elements of a list. */
export function itemNode(node: SchemaNode): SchemaNode {
  return node.items ?? UNTYPED;
}
