import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';

/** Whether the kind keeps its status apart from what clients write. */
export function hasStatus(type: ResourceType): boolean {
  return type.subresources.has('status');
}

/**
 * Undoes in a write to the status subresource all that is no status. Built-in kinds let annotations, finalizers and
 * owner references through; custom resources nothing but the status.
 */
export function keepForStatusWrite(type: ResourceType, object: JsonObject, old: JsonObject): void {
  const before = old['metadata'] as JsonObject;
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (['apiVersion', 'kind', 'metadata', 'status'].includes(key)) continue;
    setOrDelete(object, key, old[key]);
  }
  // Stored objects have metadata, decoded ones too.
  const metadata = object['metadata'] as JsonObject;
  if (type.origin === 'builtin') {
    setOrDelete(metadata, 'labels', before['labels']);
    return;
  }
  keepMetadata(object, old);
}

/** Undoes all that a write says of metadata, but for who owns what. */
export function keepMetadata(object: JsonObject, old: JsonObject): void {
  // As above.
  const { managedFields } = object['metadata'] as JsonObject;
  const metadata: JsonObject = { ...(old['metadata'] as JsonObject) };
  setOrDelete(metadata, 'managedFields', managedFields);
  object['metadata'] = metadata;
}

/** Whether an update changes what `metadata.generation` counts: the spec, or all but metadata and status. */
export function changesGeneration(
  type: ResourceType,
  object: JsonObject,
  old: JsonObject,
): boolean {
  const own = type.strategy.changesGeneration;
  if (own !== undefined) return own(object, old);
  return !deepEqual(desiredPart(type, object), desiredPart(type, old));
}

function desiredPart(type: ResourceType, object: JsonObject): JsonObject {
  const { apiVersion: _, kind: __, metadata: ___, status, ...desired } = object;
  return hasStatus(type) || status === undefined
    ? desired
    : { ...desired, status: status as unknown };
}
