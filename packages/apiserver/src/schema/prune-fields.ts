import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from './json-type.ts';
import type { StructuralSchema } from './structural-schema.ts';

function prune(
  schema: StructuralSchema | undefined,
  value: unknown,
  path: string,
  isResource: boolean,
  unknownPaths: string[],
): void {
  if (Array.isArray(value)) {
    // A list that keeps what it does not know keeps its elements whole.
    if (schema?.preserveUnknownFields === true) return;
    for (const [index, item] of value.entries()) {
      prune(
        schema?.items,
        item,
        `${path}[${index}]`,
        schema?.items?.embeddedResource === true,
        unknownPaths,
      );
    }
    return;
  }
  if (isJsonObject(value)) pruneObject(schema, value, path, isResource, unknownPaths);
}

function pruneObject(
  schema: StructuralSchema | undefined,
  object: JsonObject,
  path: string,
  isResource: boolean,
  unknownPaths: string[],
): void {
  for (const [name, member] of Object.entries(object)) {
    // The metadata of an object has the server's schema, not the author's.
    if (isResource && (name === 'apiVersion' || name === 'kind' || name === 'metadata')) continue;
    const memberPath = path === '' ? name : `${path}.${name}`;
    const child = schema?.properties?.get(name) ?? schema?.additionalProperties;
    if (child !== undefined) {
      prune(child, member, memberPath, child.embeddedResource === true, unknownPaths);
    } else if (schema?.preserveUnknownFields !== true) {
      Reflect.deleteProperty(object, name);
      unknownPaths.push(memberPath);
    }
  }
}

/**
 * Drops the fields that a schema does not name, in place; `x-kubernetes-preserve-unknown-fields` keeps those of its own
 * node and all below them that no schema describes. `apiVersion`, `kind` and `metadata` of the object itself stay.
 *
 * @returns the paths of the dropped fields, sorted as the API server lists them
 */
export function pruneFields(schema: StructuralSchema, object: JsonObject): string[] {
  const unknownPaths: string[] = [];
  prune(schema, object, '', true, unknownPaths);
  return unknownPaths;
}
