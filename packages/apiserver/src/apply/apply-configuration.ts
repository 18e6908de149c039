import type { JsonObject, ResourceType } from '../contracts.ts';
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
import { apiVersionOfType, withoutManagedFields } from './track-managers.ts';
import { ownableFields } from './tracked-fields.ts';

/** One server-side apply. */
export interface ApplyFacts {
  readonly type: ResourceType;
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

function conflictsOf(others: readonly ManagerEntry[], changed: FieldSet): ApplyConflict[] {
  return others.flatMap((owner) =>
    [...owner.fields.intersection(changed).paths()].map((path) => ({
      owner,
      field: formatPath(path),
    })),
  );
}

/** Lays a configuration over the live object and notes the manager as the owner of all it speaks about. */
export function applyFields(facts: ApplyFacts): ApplyOutcome {
  const { type, configuration, manager, subresource, force, nowMs } = facts;
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
  const object =
    last === undefined
      ? merged
      : removeFields(
          root,
          merged,
          abandonedFields(last.fields, [own, ...others.map(({ fields }) => fields)]),
        );
  const changes = compareFields(root, live, object);
  const changed = ownableFields(type, subresource, changes.added.union(changes.modified));
  const conflicts = conflictsOf(others, changed);
  if (conflicts.length > 0 && !force) return { kind: 'conflict', conflicts };

  const lost = changed.union(ownableFields(type, subresource, changes.removed));
  const next = new Map<string, ManagerEntry>();
  for (const [other, entry] of managers) {
    if (other !== key) next.set(other, { ...entry, fields: entry.fields.difference(lost) });
  }
  const isUnchanged =
    last !== undefined &&
    last.fields.equals(own) &&
    changes.added.isEmpty &&
    changes.modified.isEmpty &&
    changes.removed.isEmpty;
  next.set(key, {
    ...identity,
    time: isUnchanged ? last.time : entryTime(nowMs),
    fields: own,
  });
  // Merging has kept metadata an object.
  setOrDelete(object['metadata'] as JsonObject, 'managedFields', encodeManagers(next));
  return { kind: 'merged', object };
}
