import * as z from 'zod';
import type { $ZodCheck, $ZodType, $ZodTypes } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import { convertArray } from './convert-array.ts';
import { convertChoices } from './convert-choices.ts';
import { convertNumber } from './convert-number.ts';
import { convertObject, convertRecord } from './convert-object.ts';
import { convertString } from './convert-string.ts';
import { convertUnion } from './convert-union.ts';
import { markersOf } from './markers.ts';
import { toRe2Pattern } from './re2-pattern.ts';
import { refusedCheck } from './refused-check.ts';
import { makeNullable, type StructuralSchema } from './structural-schema.ts';

/**
 * The structural schema of a Zod schema, as an API server accepts it.
 *
 * @param path - Where the schema stands, for messages.
 * @throws CustomResourceError `NOT_EXPRESSIBLE` with the path, what it is and what to write instead.
 */
export function convertSchema(schema: $ZodType, path: string): StructuralSchema {
  const markers = markersOf(schema);
  const mirrored: readonly $ZodCheck[] = markers['x-kubewright-mirrored-checks'] ?? [];
  const converted = convertType(
    // Safe: the union lists every schema class of Zod; what it does not list ends in the default branch.
    schema as $ZodTypes,
    path,
    (check) => mirrored.includes(check),
  );
  const { description } = markers;
  const own: StructuralSchema = {};
  if (description !== undefined) own.description = description;
  for (const key of [
    'x-kubernetes-list-type',
    'x-kubernetes-map-type',
    'x-kubernetes-embedded-resource',
  ] as const) {
    // Safe: one key read and written at a time, so value and key belong together.
    if (markers[key] !== undefined) Object.assign(own, { [key]: markers[key] });
  }
  const keys = markers['x-kubernetes-list-map-keys'];
  if (keys !== undefined) own['x-kubernetes-list-map-keys'] = [...keys];
  const rules = [
    ...(converted['x-kubernetes-validations'] ?? []),
    // Metadata of an inner schema is its own; only rules set on this very schema are added here.
    ...(markers['x-kubernetes-validations'] ?? []),
  ];
  return {
    ...converted,
    ...own,
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  };
}

/** The checks on a schema that the server cannot run: those no CEL rule repeats. */
export type IsMirrored = (check: $ZodCheck) => boolean;

function convertType(schema: $ZodTypes, path: string, isMirrored: IsMirrored): StructuralSchema {
  const def = schema._zod.def;
  const checks = (def.checks ?? []).filter((check) => !isMirrored(check));
  switch (def.type) {
    case 'string':
      return convertString(schema, checks, path);
    case 'number':
      return convertNumber(schema, checks, path);
    case 'array':
      return convertArray(def.element, checks, markersOf(schema), path, convertSchema);
    default:
      refuseChecks(checks, path);
  }
  switch (def.type) {
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return convertChoices(Object.values(def.entries), path);
    case 'literal':
      return convertChoices(def.values, path);
    case 'template_literal':
      return { type: 'string', pattern: toRe2Pattern(templatePattern(schema, path), path) };
    case 'object':
      return convertObject(def, path, convertSchema);
    case 'record':
      return convertRecord(def, path, convertSchema);
    case 'union':
      return convertUnion(def, path, convertSchema);
    case 'any':
    case 'unknown':
      return { 'x-kubernetes-preserve-unknown-fields': true };
    case 'optional':
    case 'nonoptional':
    case 'readonly':
      return convertSchema(def.innerType, path);
    case 'nullable':
      return makeNullable(convertSchema(def.innerType, path), path);
    case 'default':
    case 'prefault':
      return convertDefault(def, path);
    default:
      throw notExpressible(
        path,
        `z.${def.type}() has no counterpart in a manifest`,
        wayOut(def.type),
      );
  }
}

function templatePattern(schema: $ZodType, path: string): RegExp {
  // Read as JSON Schema tells it: Zod keeps the expression itself to itself.
  const { pattern } = z.toJSONSchema(schema);
  if (pattern === undefined)
    throw notExpressible(path, 'a template without pattern', 'use regex()');
  return new RegExp(pattern);
}

function convertDefault(
  def: { readonly innerType: $ZodType; readonly defaultValue: unknown },
  path: string,
): StructuralSchema {
  const inner = convertSchema(def.innerType, path);
  // A getter: a default that is computed is computed at each read.
  const value = def.defaultValue;
  if (value === null) {
    throw notExpressible(path, 'an API server sets no default of null', 'use optional() instead');
  }
  const text = JSON.stringify(value);
  if (text !== JSON.stringify(def.defaultValue)) {
    throw notExpressible(path, 'the default changes each time', 'set the value in the reconciler');
  }
  if (!z.safeParse(def.innerType, value).success) {
    throw notExpressible(
      path,
      `the default ${text} breaks its own schema`,
      'change the one or the other',
    );
  }
  return { ...inner, default: JSON.parse(text) as unknown };
}

function refuseChecks(checks: readonly $ZodCheck[], path: string): void {
  for (const check of checks) throw refusedCheck(check, path);
}

function wayOut(type: string): string {
  switch (type) {
    case 'lazy':
      return 'a manifest cannot be recursive: use z.looseObject({}) or z.unknown() where the recursion begins';
    case 'bigint':
      return 'use z.int(), or z.string() with a pattern';
    case 'date':
      return 'use z.iso.datetime({ offset: true })';
    case 'null':
    case 'undefined':
    case 'void':
    case 'never':
      return 'use nullable() or optional() on what it may be';
    case 'tuple':
    case 'set':
      return 'use z.array(), with listSet when each element is there once';
    case 'map':
      return 'use z.record(z.string(), …)';
    case 'intersection':
      return 'use extend() or spread the shapes into one z.object()';
    case 'transform':
    case 'pipe':
    case 'catch':
    case 'custom':
      return 'an API server runs no code: describe the stored form, and convert in the reconciler';
    default:
      return 'describe the stored JSON with strings, numbers, booleans, objects, records and arrays';
  }
}
