import type { StructuralSchema } from '../schema/structural-schema.ts';

/**
 * Reads the `fieldPath` of a rule: fields of the node it stands on, `.name` or `['name']`, and keys of maps. Lists cannot
 * be indexed.
 *
 * @returns the path to add to the node's own; undefined when it does not lead to a field of the schema
 */
export function resolveFieldPath(schema: StructuralSchema, fieldPath: string): string | undefined {
  let node: StructuralSchema | undefined = schema;
  let rest = fieldPath.trim();
  let path = '';
  while (rest !== '') {
    const match: RegExpExecArray | null =
      /^\.([A-Za-z_][A-Za-z0-9_]*)/.exec(rest) ?? /^\['((?:[^'\\]|\\.)+)'\]/.exec(rest);
    const name = match?.[1]?.replace(/\\(.)/g, '$1');
    if (match === null || name === undefined) return undefined;
    rest = rest.slice(match[0].length);
    const property: StructuralSchema | undefined = node.properties?.get(name);
    if (property !== undefined) {
      path += `.${name}`;
      node = property;
    } else if (node.additionalProperties !== undefined) {
      path += `[${name}]`;
      node = node.additionalProperties;
    } else {
      return undefined;
    }
  }
  return path === '' ? undefined : path;
}
