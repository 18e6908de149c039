import { StatusError } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType, TypeRegistry } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';
import { zeroObject } from '../registry/zero-object.ts';
import {
  apiVersionOfType,
  changesIn,
  OwnerVersions,
  type ChangesByVersion,
} from './owner-versions.ts';
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
export interface WriteFacts {
  readonly type: ResourceType;
  /** The object as it will be; its `managedFields` are set. */
  readonly object: JsonObject;
  readonly manager: string;
  readonly subresource: string;
  /** Undefined leaves the entry without a time, as writes of the scale do. */
  readonly nowMs: number | undefined;
}

/** One write of an object that exists. */
export interface UpdateFacts extends WriteFacts {
  /** Knows the other versions of the kind. */
  readonly registry: Pick<TypeRegistry, 'find'>;
  /** The object as it is. */
  readonly live: JsonObject;
}

/** An object without the member that ownership is kept in. */
export function withoutManagedFields(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = (object['metadata'] ?? {}) as JsonObject;
  return { ...object, metadata };
}

/** What the managers still own after a change; those of versions that are gone own nothing. */
export function withoutTouched(
  managers: Managers,
  versioned: ChangesByVersion,
  subresource: string,
): Map<string, ManagerEntry> {
  const next = new Map<string, ManagerEntry>();
  for (const [key, entry] of managers) {
    const change = versioned.get(entry.apiVersion);
    if (change === undefined) continue;
    const { added, modified, removed } = change.changes;
    const touched = ownableFields(change.type, subresource, added.union(modified).union(removed));
    next.set(key, { ...entry, fields: entry.fields.difference(touched) });
  }
  return next;
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

/**
 * Notes who has changed what: the writer owns what it has added or changed, others lose it, each in the version that
 * they wrote in. Sets `metadata.managedFields` of the object. When a webhook does not convert the object to the version of
 * an owner, all owners are forgotten, as a real server does: the write itself needs no conversion.
 */
export async function recordUpdate(facts: UpdateFacts): Promise<void> {
  const { object, live, type, registry } = facts;
  const managers = startingManagers(object, live);
  const versions = new OwnerVersions(registry, type);
  const before = withoutManagedFields(live);
  const after = withoutManagedFields(object);
  let changes: ChangesByVersion;
  try {
    changes = await versions.changes(managers.values(), before, after);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    delete (object['metadata'] as JsonObject)['managedFields'];
    return;
  }
  noteUpdate(facts, managers, changes);
}

/** As {@link recordUpdate}, for a kind that has one version: nothing has to be waited for. */
export function recordUpdateOfOnlyVersion(facts: WriteFacts & { readonly live: JsonObject }): void {
  const { type, object, live } = facts;
  const changes = changesIn(type, withoutManagedFields(live), withoutManagedFields(object));
  const versioned = new Map([[apiVersionOfType(type), changes]]);
  noteUpdate(facts, startingManagers(object, live), versioned);
}

function noteUpdate(facts: WriteFacts, managers: Managers, versioned: ChangesByVersion): void {
  if (managers.size > 0) noteWriter(facts, managers, versioned);
  // Objects whose owners were never noted, or were reset, stay so until someone applies.
  else delete (facts.object['metadata'] as JsonObject)['managedFields'];
}

/** Notes the writer of a new object as the owner of all of it. Sets `metadata.managedFields`. */
export function recordCreation(facts: WriteFacts): void {
  const { type, object } = facts;
  const all = changesIn(type, withoutManagedFields(zeroObject(type)), withoutManagedFields(object));
  const changes = new Map([[apiVersionOfType(type), all]]);
  noteWriter(facts, startingManagers(object, undefined), changes);
}

function noteWriter(facts: WriteFacts, managers: Managers, versioned: ChangesByVersion): void {
  const { type, object, manager, subresource, nowMs } = facts;
  const apiVersion = apiVersionOfType(type);
  const changes = versioned.get(apiVersion)?.changes;
  // What this write cannot change (a status, for instance) stays with its owners.
  const own =
    changes === undefined
      ? FieldSet.empty
      : ownableFields(type, subresource, changes.added.union(changes.modified));
  const next = withoutTouched(managers, versioned, subresource);
  const identity = {
    manager,
    operation: 'Update' as const,
    apiVersion,
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
  // Decoding has made metadata an object.
  setOrDelete(object['metadata'] as JsonObject, 'managedFields', encodeManagers(capManagers(next)));
}
