import type { JsonObject, ResourceType } from '../contracts.ts';
import { addConstantMembers } from './struct-shapes.ts';

/**
 * The empty object of a kind, as ownership of fields sees it before the first write: members that are always there
 * belong to nobody until somebody changes them.
 */
export function zeroObject(type: ResourceType): JsonObject {
  const object: JsonObject = { metadata: {} };
  if (type.origin === 'builtin') addConstantMembers(type.schema.root, object);
  return object;
}
