import type { JsonObject } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';

/** Members that are called differently in `events.k8s.io/v1`: core name → new name. */
const RENAMED: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: JsonObject, pairs: readonly (readonly [string, string])[]): JsonObject {
  const renamed: JsonObject = { ...object };
  for (const [from] of pairs) Reflect.deleteProperty(renamed, from);
  for (const [from, to] of pairs) setOrDelete(renamed, to, object[from]);
  return renamed;
}

/** A core Event as the same Event of `events.k8s.io/v1`. */
export function toNewEvent(object: JsonObject): JsonObject {
  const renamed = rename(object, RENAMED);
  // Always there in a core Event, and left out here when they are empty.
  for (const field of ['reportingController', 'reportingInstance']) {
    if (renamed[field] === '') Reflect.deleteProperty(renamed, field);
  }
  return { ...renamed, apiVersion: 'events.k8s.io/v1' };
}

/** An Event of `events.k8s.io/v1` as the same core Event. */
export function toCoreEvent(object: JsonObject): JsonObject {
  const pairs = RENAMED.map(([core, renamed]) => [renamed, core] as const);
  return {
    ...rename(object, pairs),
    reportingComponent: (object['reportingController'] ?? '') as unknown,
    reportingInstance: (object['reportingInstance'] ?? '') as unknown,
    apiVersion: 'v1',
  };
}
