import type { JsonObject } from '../contracts.ts';
import type { Amounts } from '../resources/amounts.ts';

/** A write of one object, as far as a meter wants to know. */
export interface MeteredWrite {
  readonly operation: 'CREATE' | 'UPDATE';
  /** The empty string for the object itself. */
  readonly subresource: string;
  readonly object: JsonObject;
  /** Undefined for a CREATE. */
  readonly old: JsonObject | undefined;
}

/** One requirement of `spec.scopeSelector.matchExpressions`; a scope of `spec.scopes` is one that must exist. */
export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** Measures what objects of one kind take from a quota. */
export interface QuotaMeter {
  /** Whether objects of this kind count towards this name in `spec.hard`. */
  covers(name: string): boolean;
  /** Whether a write may take more than is charged already. */
  isCharged(write: MeteredWrite): boolean;
  /** Whether an object is in a scope. Most kinds are in none. */
  isInScope(requirement: ScopeRequirement, object: JsonObject): boolean;
  /** What an object has to say of itself to be counted, and does not say; undefined when it says all. */
  missing(names: readonly string[], object: JsonObject): string | undefined;
  /** All that an object takes, whether or not a quota limits it. */
  usage(object: JsonObject, nowMs: number): Amounts;
  /** Whether a stored object may take less than before: then it is to be counted anew. */
  mayRelease(object: JsonObject, old: JsonObject, nowMs: number): boolean;
}

/** The name that counts all objects of a kind: `count/deployments.apps`. */
export function countName(groupResource: string): string {
  return `count/${groupResource}`;
}
