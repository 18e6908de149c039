import type { JsonObject, ResourceType } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';
import { zeroObject } from '../registry/zero-object.ts';
import { compareFields } from './compare-fields.ts';
import { FieldSet } from './field-set.ts';
import {
  capManagers,
  decodeManagers,
  encodeManagers,
  entryTime,
  managerKey,
  type ManagerEntry,
  type Managers,
} from './managers.ts';
import { ownableFields } from './tracked-fields.ts';

/** One write by create, update or patch. */
export interface UpdateFacts {
  readonly type: ResourceType;
  /** The object as it will be; its `managedFields` are set. */
  readonly object: JsonObject;
  /** The object as it is; undefined at creation. */
  readonly live: JsonObject | undefined;
  readonly manager: string;
  readonly subresource: string;
  /** Undefined leaves the entry without a time, as writes of the scale do. */
  readonly nowMs: number | undefined;
}

/** An object without the member that ownership is kept in. */
export function withoutManagedFields(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = (object['metadata'] ?? {}) as JsonObject;
  return { ...object, metadata };
}

/** `[{}]` asks to forget all owners. */
function isReset(managedFields: unknown): boolean {
  if (!Array.isArray(managedFields) || managedFields.length !== 1) return false;
  const only: unknown = managedFields[0];
  return typeof only === 'object' && only !== null && Object.keys(only).length === 0;
}

/** The owners that a write starts from: what the client sent, or what is stored when it sent nothing usable. */
function startingManagers(object: JsonObject, live: JsonObject | undefined): Managers {
  const sent: unknown = (object['metadata'] as JsonObject)['managedFields'];
  if (isReset(sent)) return new Map();
  const stored: unknown = (live?.['metadata'] as JsonObject | undefined)?.['managedFields'];
  const isSent = Array.isArray(sent) && sent.length > 0;
  return (isSent ? decodeManagers(sent) : undefined) ?? decodeManagers(stored) ?? new Map();
}

/** The apiVersion of a type. */
export function apiVersionOfType(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/**
 * Notes who has changed what: the writer owns what it has added or changed, others lose it. Sets
 * `metadata.managedFields` of the object.
 */
export function recordUpdate(facts: UpdateFacts): void {
  const { type, object, live, manager, subresource, nowMs } = facts;
  // Decoding has made metadata an object.
  const metadata = object['metadata'] as JsonObject;
  const managers = startingManagers(object, live);
  if (live !== undefined && managers.size === 0) {
    // Objects whose owners were never noted, or were reset, stay so until someone applies.
    delete metadata['managedFields'];
    return;
  }
  const root = type.schema.root;
  const before = withoutManagedFields(live ?? zeroObject(type));
  const changes = compareFields(root, before, withoutManagedFields(object));
  // What this write cannot change (a status, for instance) stays with its owners.
  const own = ownableFields(type, subresource, changes.added.union(changes.modified));
  const touched = own.union(ownableFields(type, subresource, changes.removed));
  const next = new Map<string, ManagerEntry>();
  for (const [key, entry] of managers) {
    next.set(key, { ...entry, fields: entry.fields.difference(touched) });
  }
  const identity = {
    manager,
    operation: 'Update' as const,
    apiVersion: apiVersionOfType(type),
    subresource,
  };
  const key = managerKey(identity);
  const present = next.get(key);
  if (!own.isEmpty) {
    next.set(key, {
      ...identity,
      time: nowMs === undefined ? undefined : entryTime(nowMs),
      fields: own.union(present?.fields ?? FieldSet.empty),
    });
  }
  setOrDelete(metadata, 'managedFields', encodeManagers(capManagers(next)));
}
