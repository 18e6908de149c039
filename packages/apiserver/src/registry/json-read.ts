import type { JsonObject } from '../contracts.ts';

/**
 * Readers for objects that were decoded by their schema: a member has its declared type or is absent. That is why
 * the assertions below are safe.
 */

/** An object member; an empty object when it is absent. Changes to that one are lost. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  return (object[key] ?? {}) as JsonObject;
}

/** An object member, made when it is absent. */
export function ensureObject(object: JsonObject, key: string): JsonObject {
  object[key] ??= {};
  return object[key] as JsonObject;
}

/** A list of objects; empty when it is absent. */
export function listAt(object: JsonObject, key: string): JsonObject[] {
  return (object[key] ?? []) as JsonObject[];
}

/** A list of strings; empty when it is absent. */
export function stringsAt(object: JsonObject, key: string): string[] {
  return (object[key] ?? []) as string[];
}

/** A string; the empty one when it is absent. */
export function textAt(object: JsonObject, key: string): string {
  return (object[key] ?? '') as string;
}

/** A number; undefined when it is absent. */
export function numberAt(object: JsonObject, key: string): number | undefined {
  return (object[key] ?? undefined) as number | undefined;
}

/** Sets a member that is absent. */
export function setDefault(object: JsonObject, key: string, value: unknown): void {
  object[key] ??= value;
}

/** Sets a member that is absent or empty. */
export function setDefaultText(object: JsonObject, key: string, value: string): void {
  if (textAt(object, key) === '') object[key] = value;
}
