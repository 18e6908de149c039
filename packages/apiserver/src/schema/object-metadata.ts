import type { JsonObject } from '../contracts.ts';
import { BuiltinNode } from './builtin-node.ts';
import { decodeBuiltin } from './decode-builtin.ts';
import { isJsonObject } from './json-type.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** Members of ObjectMeta that are absent when they are empty. */
const OMITTED_WHEN_EMPTY = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
] as const;

/** Drops empty members of an object's `metadata` that say nothing: empty names and a generation of zero. */
export function omitEmptyMetadata(object: JsonObject): void {
  const metadata: unknown = object['metadata'];
  if (!isJsonObject(metadata)) return;
  for (const name of OMITTED_WHEN_EMPTY) {
    if (metadata[name] === '') Reflect.deleteProperty(metadata, name);
  }
  if (metadata['generation'] === 0) Reflect.deleteProperty(metadata, 'generation');
}

/** The schema of ObjectMeta; a new node for each caller, its children are made on demand. */
export function objectMetaNode(): BuiltinNode {
  return BuiltinNode.named(OBJECT_META);
}

/**
 * Reads the `metadata` of an object whose other fields have a schema of their own, in place. Absent and null metadata
 * is left away.
 *
 * @param path where the metadata stands, for the paths of unknown fields
 * @returns the paths of the unknown fields
 * @throws DecodeError for a value of the wrong type
 */
export function decodeMetadata(object: JsonObject, path: string): readonly string[] {
  if (object['metadata'] === undefined || object['metadata'] === null) {
    Reflect.deleteProperty(object, 'metadata');
    return [];
  }
  const { unknownPaths } = decodeBuiltin(objectMetaNode(), object['metadata'], path);
  omitEmptyMetadata(object);
  return unknownPaths;
}
