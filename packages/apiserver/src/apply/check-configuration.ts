import type { JsonObject, SchemaNode } from '../contracts.ts';
import { fieldElement, formatPath, itemElement, type PathElement } from './path-element.ts';

/** How a value is shown that has another type than it should. */
function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return `&value.valueUnstructured{Value:${value}}`;
    case 'number':
      return `&value.valueUnstructured{Value:${value}}`;
    default:
      return 'map';
  }
}

function scalarProblem(node: SchemaNode, value: unknown): string | undefined {
  switch (node.type) {
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got ${describe(value)}`;
    case 'integer':
    case 'number':
      return typeof value === 'number'
        ? undefined
        : `expected numeric (int or float), got ${describe(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${describe(value)}`;
    default:
      return undefined;
  }
}

function isMap(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Types that the server knows by another name than their JSON form: anything scalar may stand there. */
function isLoose(node: SchemaNode): boolean {
  return (
    node.type === 'any' ||
    node.intOrString === true ||
    (node.type === 'string' && node.definitionName !== undefined)
  );
}

function* checkMap(
  node: SchemaNode,
  value: JsonObject,
  path: readonly PathElement[],
): Generator<string> {
  for (const [name, member] of Object.entries(value)) {
    const memberPath = [...path, fieldElement(name)];
    const child = node.properties?.get(name) ?? node.additionalProperties;
    if (child !== undefined) yield* check(child, member, memberPath);
    else if (node.properties !== undefined && node.preserveUnknownFields !== true) {
      yield `${formatPath(memberPath)}: field not declared in schema`;
    }
  }
}

function* checkList(
  node: SchemaNode,
  items: readonly unknown[],
  path: readonly PathElement[],
): Generator<string> {
  const seen = new Set<PathElement>();
  for (const [index, item] of items.entries()) {
    const isAssociative = node.listType === 'map' || node.listType === 'set';
    const step = isAssociative ? itemElement(node, item) : `i:${index}`;
    if (step === undefined) {
      const keys = (node.listMapKeys ?? []).map((key) => JSON.stringify(key)).join(', ');
      yield `${formatPath(path)}: element ${index}: associative list with keys has an element that omits key field ${keys} (and doesn't have default value)`;
      continue;
    }
    if (seen.has(step)) {
      yield `${formatPath(path)}: duplicate entries for key ${formatPath([step])}`;
    }
    seen.add(step);
    if (node.items !== undefined) yield* check(node.items, item, [...path, step]);
  }
}

function* check(node: SchemaNode, value: unknown, path: readonly PathElement[]): Generator<string> {
  if (value === null || isLoose(node)) return;
  const place = formatPath(path);
  switch (node.type) {
    case 'object':
      if (isMap(value)) yield* checkMap(node, value, path);
      else yield `${place}: expected map, got ${describe(value)}`;
      return;
    case 'array':
      if (Array.isArray(value)) yield* checkList(node, value, path);
      else yield `${place}: expected list, got ${describe(value)}`;
      return;
    default: {
      const problem = scalarProblem(node, value);
      if (problem !== undefined) yield `${place}: ${problem}`;
    }
  }
}

/**
 * What keeps a configuration from being applied: fields that the schema does not declare, and values of another type.
 * Such a configuration cannot be owned field by field, whatever field validation was asked for.
 */
export function checkConfiguration(root: SchemaNode, configuration: JsonObject): string[] {
  return [...checkMap(root, configuration, [])];
}
