import type { JsonObject } from '../contracts.ts';
import type { FieldSet } from './field-set.ts';
import { FieldSetBuilder } from './field-set.ts';

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field set as it stands in `managedFields[].fieldsV1`. */
export function encodeFieldsV1(set: FieldSet): JsonObject {
  const encoded: JsonObject = {};
  for (const step of set.steps()) {
    const child = set.children.get(step);
    const below = child === undefined ? {} : encodeFieldsV1(child);
    // A member with something below it is marked by a dot.
    encoded[step] = child !== undefined && set.members.has(step) ? { '.': {}, ...below } : below;
  }
  return encoded;
}

const STEP = /^[fkvi]:/;

/** The keys of a map list always in the same order, whoever wrote them. */
function canonicalStep(step: string): string | undefined {
  if (!STEP.test(step)) return undefined;
  if (step.startsWith('f:')) return step;
  try {
    const value: unknown = JSON.parse(step.slice(2));
    if (!step.startsWith('k:')) return `${step.slice(0, 2)}${JSON.stringify(value)}`;
    if (!isObject(value)) return undefined;
    return `k:${JSON.stringify(Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))))}`;
  } catch {
    return undefined;
  }
}

function fill(builder: FieldSetBuilder, encoded: JsonObject): boolean {
  for (const [key, below] of Object.entries(encoded)) {
    if (key === '.') continue;
    const step = canonicalStep(key);
    if (step === undefined || !isObject(below)) return false;
    const keys = Object.keys(below);
    if (keys.length === 0 || keys.includes('.')) builder.add(step);
    if (!fill(builder.at(step), below)) return false;
  }
  return true;
}

/** Reads `fieldsV1`; undefined when it is none. */
export function decodeFieldsV1(encoded: unknown): FieldSet | undefined {
  if (!isObject(encoded)) return undefined;
  const builder = new FieldSetBuilder();
  return fill(builder, encoded) ? builder.build() : undefined;
}
