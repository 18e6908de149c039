import type { JsonObject } from '../contracts.ts';
import { objectAt } from '../registry/json-read.ts';
import { only, sumOf, toResourceList, ZERO, type Amounts } from '../resources/amounts.ts';
import { meterOf } from './meters.ts';
import { scopesOf } from './scope-selector.ts';

/** The kinds, by `plural.group`, whose objects have to be looked at to tell what is used of a quota. */
export function countedKinds(quota: JsonObject, served: Iterable<string>): string[] {
  const names = Object.keys(objectAt(objectAt(quota, 'spec'), 'hard'));
  return [...served].filter((kind) => {
    const meter = meterOf(kind);
    return meter !== undefined && names.some((name) => meter.covers(name));
  });
}

/**
 * What is used of a quota: `status.used`, made anew from all objects of its namespace.
 *
 * @param objects by `plural.group`; those of {@link countedKinds}
 */
export function recount(
  quota: JsonObject,
  objects: ReadonlyMap<string, readonly JsonObject[]>,
  nowMs: number,
): Record<string, string> {
  const names = Object.keys(objectAt(objectAt(quota, 'spec'), 'hard'));
  const scopes = scopesOf(quota);
  let used: Amounts = new Map();
  for (const [kind, ofKind] of objects) {
    const meter = meterOf(kind);
    if (meter === undefined) continue;
    const covered = names.filter((name) => meter.covers(name));
    used = sumOf(used, new Map(covered.map((name) => [name, ZERO])));
    for (const object of ofKind) {
      if (!scopes.every((scope) => meter.isInScope(scope, object))) continue;
      used = sumOf(used, only(meter.usage(object, nowMs), covered));
    }
  }
  return toResourceList(used);
}

/** Whether a change of a stored object may leave more of a quota than is told in its status. */
export function mayRelease(
  kind: string,
  object: JsonObject,
  old: JsonObject,
  nowMs: number,
): boolean {
  return meterOf(kind)?.mayRelease(object, old, nowMs) ?? false;
}
