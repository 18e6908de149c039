import type { JsonObject, ResourceType, TypeRegistry } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';
import { zeroObject } from '../registry/zero-object.ts';
import { compareFields } from './compare-fields.ts';
import { FieldSet } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import {
  decodeManagers,
  encodeManagers,
  entryTime,
  managerKey,
  type ManagerEntry,
  type Managers,
} from './managers.ts';
import { mergeConfiguration, removeFields } from './merge-configuration.ts';
import { formatPath } from './path-element.ts';
import { apiVersionOfType, OwnerVersions, type ChangesByVersion } from './owner-versions.ts';
import { convertVersion } from '../storage/version-reader.ts';
import { withoutManagedFields, withoutTouched } from './track-managers.ts';
import { ownableFields } from './tracked-fields.ts';

/** One server-side apply. */
export interface ApplyFacts {
  readonly type: ResourceType;
  /** Knows the other versions of the kind. */
  readonly registry: Pick<TypeRegistry, 'find'>;
  /** The stored object; an empty one when there is none. */
  readonly live: JsonObject;
  readonly configuration: JsonObject;
  readonly manager: string;
  readonly subresource: string;
  /** Take over fields that others own with another value. */
  readonly force: boolean;
  readonly nowMs: number;
}

/** Another manager owns a field that the configuration wants to change. */
export interface ApplyConflict {
  readonly owner: ManagerEntry;
  /** As in `details.causes[].field`. */
  readonly field: string;
}

/** What an apply comes to. */
export type ApplyOutcome =
  | { readonly kind: 'merged'; readonly object: JsonObject }
  | { readonly kind: 'conflict'; readonly conflicts: readonly ApplyConflict[] };

/** The owner of everything in an object whose owners were never noted. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

function ownersOf(facts: ApplyFacts): Managers {
  const { type, live, nowMs } = facts;
  const metadata = live['metadata'] as JsonObject | undefined;
  const managers = decodeManagers(metadata?.['managedFields']) ?? new Map<string, ManagerEntry>();
  const exists = metadata?.['uid'] !== undefined;
  if (managers.size > 0 || !exists) return managers;
  const everything = compareFields(type.schema.root, zeroObject(type), withoutManagedFields(live));
  const entry: ManagerEntry = {
    manager: BEFORE_FIRST_APPLY,
    operation: 'Update',
    apiVersion: apiVersionOfType(type),
    time: entryTime(nowMs),
    subresource: '',
    // All that the object has counts as written by one update.
    fields: ownableFields(type, '', everything.added.union(everything.modified)),
  };
  return new Map([[managerKey(entry), entry]]);
}

/** Of what the manager applied last time, that which it has dropped now and nobody else owns. */
function abandonedFields(last: FieldSet, owners: readonly FieldSet[]): FieldSet {
  const members = new Set(
    [...last.members].filter((step) => !owners.some((owner) => owner.touches(step))),
  );
  const children = new Map<string, FieldSet>();
  for (const [step, child] of last.children) {
    if (members.has(step)) continue;
    const abandoned = abandonedFields(
      child,
      owners.map((owner) => owner.child(step)),
    );
    if (!abandoned.isEmpty) children.set(step, abandoned);
  }
  return new FieldSet(members, children);
}

/** Those who own a field that is changed, each in the version that they wrote in. */
function conflictsOf(
  others: readonly ManagerEntry[],
  versioned: ChangesByVersion,
  subresource: string,
): ApplyConflict[] {
  return others.flatMap((owner) => {
    const change = versioned.get(owner.apiVersion);
    if (change === undefined) return [];
    const { added, modified } = change.changes;
    const changed = ownableFields(change.type, subresource, added.union(modified));
    return [...owner.fields.intersection(changed).paths()].map((path) => ({
      owner,
      field: formatPath(path),
    }));
  });
}

/**
 * Takes out of a merged object what its manager applied last time and has dropped now, unless somebody else owns it;
 * looks at it in the version of each owner.
 */
async function withoutAbandoned(
  { type, registry }: ApplyFacts,
  merged: JsonObject,
  last: ManagerEntry,
  owners: readonly ManagerEntry[],
): Promise<JsonObject> {
  const versions = new OwnerVersions(registry, type);
  const lastType = versions.typeOf(last.apiVersion);
  if (lastType === undefined) return merged;
  const ownersIn = (apiVersion: string) =>
    owners.filter((owner) => owner.apiVersion === apiVersion).map(({ fields }) => fields);
  let whole = await convertIfOther(type, lastType, merged);
  let pruned = removeFields(
    lastType.schema.root,
    whole,
    abandonedFields(last.fields, ownersIn(last.apiVersion)),
  );
  let current = lastType;
  const others = new Set(owners.map(({ apiVersion }) => apiVersion));
  others.delete(last.apiVersion);
  for (const apiVersion of others) {
    const next = versions.typeOf(apiVersion);
    if (next === undefined) continue;
    const { root } = next.schema;
    whole = await convertIfOther(current, next, whole);
    const gone = fieldsOf(root, whole).difference(
      fieldsOf(root, await convertIfOther(current, next, pruned)),
    );
    pruned = removeFields(root, whole, abandonedFields(gone, ownersIn(apiVersion)));
    current = next;
  }
  return convertIfOther(current, type, pruned);
}

async function convertIfOther(
  from: ResourceType,
  to: ResourceType,
  object: JsonObject,
): Promise<JsonObject> {
  return from === to ? object : convertVersion(from, to, object);
}

/**
 * Lays a configuration over the live object and notes the manager as the owner of all it speaks about.
 *
 * @throws StatusError 500 when a webhook does not convert the object to the version of an owner
 */
export async function applyFields(facts: ApplyFacts): Promise<ApplyOutcome> {
  const { type, registry, configuration, manager, subresource, force, nowMs } = facts;
  const { root } = type.schema;
  const live = withoutManagedFields(facts.live);
  const managers = ownersOf(facts);
  const identity = {
    manager,
    operation: 'Apply' as const,
    apiVersion: apiVersionOfType(type),
    subresource,
  };
  const key = managerKey(identity);
  const own = ownableFields(type, subresource, fieldsOf(root, configuration));
  const others = [...managers].filter(([other]) => other !== key).map(([, entry]) => entry);
  const last = managers.get(key);
  const merged = mergeConfiguration(root, live, configuration);
  const applied = { ...identity, time: undefined, fields: own };
  const object =
    last === undefined ? merged : await withoutAbandoned(facts, merged, last, [applied, ...others]);
  const versioned = await new OwnerVersions(registry, type).changes(others, live, object);
  const conflicts = conflictsOf(others, versioned, subresource);
  if (conflicts.length > 0 && !force) return { kind: 'conflict', conflicts };

  const next = withoutTouched(managers, versioned, subresource);
  const changes = versioned.get(identity.apiVersion)?.changes;
  const isUnchanged =
    last?.apiVersion === identity.apiVersion &&
    last.fields.equals(own) &&
    changes?.added.isEmpty === true &&
    changes.modified.isEmpty &&
    changes.removed.isEmpty;
  next.set(key, {
    ...applied,
    time: isUnchanged ? last.time : entryTime(nowMs),
  });
  // Merging has kept metadata an object.
  setOrDelete(object['metadata'] as JsonObject, 'managedFields', encodeManagers(next));
  return { kind: 'merged', object };
}
