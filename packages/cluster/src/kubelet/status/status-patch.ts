import { deepEqual, type PodStatus } from '@kubewright/apimachinery';

/** A strategic merge patch of a pod's `status`. */
export type StatusPatch = Record<string, unknown>;

/** Lists that the server merges by a key instead of replacing them. */
const merged: Readonly<Record<string, string>> = {
  conditions: 'type',
  podIPs: 'ip',
  hostIPs: 'ip',
};

/**
 * The strategic merge patch that turns one status into another; undefined when they are the same.
 * Conditions of other writers are not touched: the patch names only those that change.
 */
export function statusPatch(before: PodStatus, after: PodStatus): StatusPatch | undefined {
  const patch: StatusPatch = {};
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of names) {
    // Both are plain JSON objects whose keys were just listed.
    const old = (before as Record<string, unknown>)[name];
    const next = (after as Record<string, unknown>)[name];
    if (deepEqual(old, next)) continue;
    const key = merged[name];
    if (next === undefined) patch[name] = null;
    else if (key !== undefined) {
      // Lists of objects in both statuses (see `merged`).
      patch[name] = listPatch((old ?? []) as Item[], next as Item[], key);
    } else if (name === 'resources' || name === 'allocatedResources') {
      patch[name] = mapPatch(old, next);
    } else patch[name] = next;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

type Item = Record<string, unknown>;

function listPatch(before: readonly Item[], after: readonly Item[], key: string): Item[] {
  const changed = after.flatMap((item) => {
    const old = before.find((entry) => entry[key] === item[key]);
    if (old === undefined) return [item];
    if (deepEqual(old, item)) return [];
    const removed = Object.keys(old).filter((name) => item[name] === undefined);
    return [{ ...item, ...Object.fromEntries(removed.map((name) => [name, null])) }];
  });
  const deleted = before
    .filter((item) => !after.some((entry) => entry[key] === item[key]))
    .map((item) => ({ $patch: 'delete', [key]: item[key] }));
  return [...changed, ...deleted];
}

/** Maps are merged by the server: keys that go have to be named. */
function mapPatch(before: unknown, after: unknown): unknown {
  if (!isMap(before) || !isMap(after)) return after;
  const patch: Item = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (after[name] === undefined) patch[name] = null;
    else if (!deepEqual(before[name], after[name]))
      patch[name] = mapPatch(before[name], after[name]);
  }
  return patch;
}

function isMap(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
