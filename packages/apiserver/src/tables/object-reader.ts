import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { humanDuration } from './human-duration.ts';

/** What a cell shows for something that is not there. */
export const NONE = '<none>';

/** What a cell shows for something that nobody knows. */
export const UNKNOWN = '<unknown>';

/** What a cell shows for something that nobody set. */
export const UNSET = '<unset>';

/** The value at a dotted path of member names; undefined when a part of it is absent or null. */
export function valueOf(object: unknown, path: string): unknown {
  let value = object;
  for (const name of path.split('.')) {
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value ?? undefined;
}

/** The text at a path; the empty string when there is none. */
export function textAt(object: unknown, path: string): string {
  const value = valueOf(object, path);
  return typeof value === 'string' ? value : '';
}

/** The name of an object. */
export function objectName(object: JsonObject): string {
  return textAt(object, 'metadata.name');
}

/** The number at a path. */
export function numberAt(object: unknown, path: string, fallback = 0): number {
  const value = valueOf(object, path);
  return typeof value === 'number' ? value : fallback;
}

/** The list at a path; empty when there is none. */
export function listAt(object: unknown, path: string): unknown[] {
  const value = valueOf(object, path);
  return Array.isArray(value) ? value : [];
}

/** The condition of a type in the status of an object; undefined when it has none. */
export function conditionOf(object: unknown, type: string): unknown {
  return listAt(object, 'status.conditions').find(
    (condition) => textAt(condition, 'type') === type,
  );
}

/** The members of the map of texts at a path, sorted by key. */
export function entriesAt(object: unknown, path: string): [string, string][] {
  const value = valueOf(object, path);
  if (!isJsonObject(value)) return [];
  return Object.entries(value)
    .map(([key, member]): [string, string] => [key, String(member)])
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

/** How long ago a time was, as tables show it. */
export function ageOf(time: unknown, nowMs: number): string {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? UNKNOWN : humanDuration(nowMs - at);
}

/** How long ago an object was created. */
export function objectAge(object: JsonObject, nowMs: number): string {
  return ageOf(valueOf(object, 'metadata.creationTimestamp'), nowMs);
}

/** `key=value` pairs, `<none>` when there are none. */
export function labelText(object: unknown, path: string): string {
  const labels = entriesAt(object, path).map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? NONE : labels.join(',');
}

const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** A label selector as text, its requirements sorted by key; `<none>` for one that selects everything. */
export function selectorText(object: unknown, path: string): string {
  const labels = entriesAt(object, `${path}.matchLabels`).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  const expressions = listAt(object, `${path}.matchExpressions`).map((expression) => {
    const key = textAt(expression, 'key');
    const values = listAt(expression, 'values').map(String).sort().join(',');
    return { key, text: OPERATORS[textAt(expression, 'operator')]?.(key, values) ?? '' };
  });
  const parts = [...labels, ...expressions].sort((left, right) =>
    left.key < right.key ? -1 : left.key > right.key ? 1 : 0,
  );
  return parts.length === 0 ? NONE : parts.map(({ text }) => text).join(',');
}

/** Names and images of the containers of a pod template. */
export function containerTexts(object: unknown, path: string): [names: string, images: string] {
  const containers = listAt(object, path);
  return [
    containers.map((container) => textAt(container, 'name')).join(','),
    containers.map((container) => textAt(container, 'image')).join(','),
  ];
}
