import type { JsonObject, SchemaNode } from '../contracts.ts';
import table from './struct-shapes.json' with { type: 'json' };

/**
 * How a struct of the built-in types is written where its schema does not tell: generated from the types of
 * Kubernetes 1.36, by the name of the definition in the OpenAPI document.
 */
interface StructShape {
  /** Text, numbers and flags that are left out when they are empty, zero or false. */
  readonly omitted?: readonly string[];
  /** Members that are always there, with the value they have when nobody sets them. */
  readonly always?: Readonly<Record<string, unknown>>;
}

// The compiler infers a literal type for each of some 400 entries; all have this shape.
const SHAPES = table as unknown as Readonly<Record<string, StructShape>>;

function shapeOf(node: SchemaNode): StructShape | undefined {
  const name = node.definitionName;
  return name === undefined || !Object.hasOwn(SHAPES, name) ? undefined : SHAPES[name];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Calls back for every struct in a value, the outer ones first. */
function eachStruct(
  node: SchemaNode,
  value: unknown,
  visit: (node: SchemaNode, struct: JsonObject) => void,
): void {
  if (Array.isArray(value)) {
    if (node.items !== undefined) for (const item of value) eachStruct(node.items, item, visit);
    return;
  }
  if (!isObject(value)) return;
  if (node.properties !== undefined) {
    visit(node, value);
    for (const [name, member] of Object.entries(value)) {
      const child = node.properties.get(name);
      if (child !== undefined && typeof member === 'object') eachStruct(child, member, visit);
    }
  } else if (node.additionalProperties?.properties !== undefined) {
    for (const member of Object.values(value)) eachStruct(node.additionalProperties, member, visit);
  }
}

/** Drops members that say nothing: an empty text is the same as none, unless its type knows the difference. */
export function dropZeroMembers(root: SchemaNode, object: JsonObject): void {
  eachStruct(root, object, (node, struct) => {
    for (const name of shapeOf(node)?.omitted ?? []) {
      const value: unknown = struct[name];
      if (value === '' || value === 0 || value === false) Reflect.deleteProperty(struct, name);
    }
  });
}

/** Adds the members that are always there. */
export function addConstantMembers(root: SchemaNode, object: JsonObject): void {
  eachStruct(root, object, (node, struct) => {
    for (const [name, value] of Object.entries(shapeOf(node)?.always ?? {})) {
      if (struct[name] === undefined) struct[name] = isObject(value) ? {} : value;
    }
  });
}
