import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import type { FieldSet } from './field-set.ts';
import { FieldSet as Fields } from './field-set.ts';
import { decodeFieldsV1, encodeFieldsV1 } from './fields-v1.ts';

/** One entry of `metadata.managedFields`. */
export interface ManagerEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339; undefined when the entry has none. */
  readonly time: string | undefined;
  /** The empty string for the main resource. */
  readonly subresource: string;
  readonly fields: FieldSet;
}

/** Who owns which fields of an object, by {@link managerKey}. */
export type Managers = ReadonlyMap<string, ManagerEntry>;

/** Most entries of updaters that are told apart; older ones are put together. */
const MAX_UPDATE_MANAGERS = 10;
const OLD_UPDATERS = 'ancient-changes';

/** The identity of a manager. Appliers are the same in every version, updaters are not. */
export function managerKey(
  entry: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
): string {
  const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
  return JSON.stringify([entry.operation, entry.manager, version, entry.subresource]);
}

function decodeEntry(encoded: JsonObject): ManagerEntry | undefined {
  const { manager, operation, apiVersion, time, subresource, fieldsType, fieldsV1 } =
    encoded as Readonly<Record<string, unknown>>;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (fieldsType !== 'FieldsV1') return undefined;
  const fields = fieldsV1 === undefined ? Fields.empty : decodeFieldsV1(fieldsV1);
  if (fields === undefined) return undefined;
  return {
    manager: typeof manager === 'string' ? manager : '',
    operation,
    apiVersion: typeof apiVersion === 'string' ? apiVersion : '',
    time: typeof time === 'string' ? time : undefined,
    subresource: typeof subresource === 'string' ? subresource : '',
    fields,
  };
}

/** Reads `managedFields`; undefined when any entry is malformed. */
export function decodeManagers(encoded: unknown): Managers | undefined {
  const managers = new Map<string, ManagerEntry>();
  if (encoded === undefined || encoded === null) return managers;
  if (!Array.isArray(encoded)) return undefined;
  for (const item of encoded) {
    if (typeof item !== 'object' || item === null) return undefined;
    const entry = decodeEntry(item as JsonObject);
    if (entry === undefined) return undefined;
    const key = managerKey(entry);
    const present = managers.get(key);
    managers.set(
      key,
      present === undefined ? entry : { ...entry, fields: present.fields.union(entry.fields) },
    );
  }
  return managers;
}

function compareEntries(left: ManagerEntry, right: ManagerEntry): number {
  const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
  return (
    order(left.operation, right.operation) ||
    order(left.time ?? '', right.time ?? '') ||
    order(left.manager, right.manager) ||
    order(left.apiVersion, right.apiVersion) ||
    order(left.subresource, right.subresource)
  );
}

/** As `metadata.managedFields`, sorted; undefined when nobody owns anything. */
export function encodeManagers(managers: Managers): JsonObject[] | undefined {
  const entries = [...managers.values()].filter(({ fields }) => !fields.isEmpty);
  if (entries.length === 0) return undefined;
  return entries.sort(compareEntries).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldsV1(entry.fields),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }));
}

/** Keeps the number of updaters bounded: the oldest of a version become one. */
export function capManagers(managers: Managers): Managers {
  const updaters = [...managers.values()].filter(({ operation }) => operation === 'Update');
  if (updaters.length <= MAX_UPDATE_MANAGERS) return managers;
  const capped = new Map(managers);
  let excess = updaters.length - MAX_UPDATE_MANAGERS;
  for (const entry of updaters.sort(compareEntries)) {
    if (excess < 0) break;
    const bucket: Omit<ManagerEntry, 'fields'> = {
      manager: OLD_UPDATERS,
      operation: 'Update',
      apiVersion: entry.apiVersion,
      time: entry.time,
      subresource: '',
    };
    const key = managerKey(bucket);
    const present = capped.get(key);
    capped.delete(managerKey(entry));
    capped.set(key, { ...bucket, fields: entry.fields.union(present?.fields ?? Fields.empty) });
    if (present !== undefined || excess === updaters.length - MAX_UPDATE_MANAGERS) excess -= 1;
  }
  return capped;
}

/** The time of a write as it stands in an entry. */
export function entryTime(nowMs: number): string {
  return formatTime(new Date(nowMs));
}
