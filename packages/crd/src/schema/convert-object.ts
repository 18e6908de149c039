import type { $ZodObjectDef, $ZodRecordDef, $ZodType } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import type { Convert, StructuralSchema } from './structural-schema.ts';

/**
 * An object with known members. Unknown ones are pruned by the server, as z.object() drops them; z.looseObject() keeps them.
 */
export function convertObject(
  def: $ZodObjectDef,
  path: string,
  convert: Convert,
): StructuralSchema {
  const members = Object.entries(def.shape);
  const required = members.filter(([, member]) => isRequired(member)).map(([name]) => name);
  // fromEntries defines members, also those named like one that objects inherit.
  const properties = Object.fromEntries(
    members.map(([name, member]) => [name, convert(member, `${path}.${name}`)]),
  );
  return {
    type: 'object',
    ...(members.length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    ...(keepsUnknown(def, path) ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
  };
}

/** Whether a member must be given: it is neither optional nor has it a default. */
export function isRequired(schema: $ZodType): boolean {
  return schema._zod.optin === undefined;
}

function keepsUnknown(def: $ZodObjectDef, path: string): boolean {
  const catchall = def.catchall?._zod.def.type;
  // strictObject: pruning leaves nothing unknown to refuse.
  if (catchall === undefined || catchall === 'never') return false;
  if (catchall === 'unknown' || catchall === 'any') return true;
  throw notExpressible(
    path,
    'an object cannot have known members and others of one type',
    'put the others into a member of their own with z.record()',
  );
}

/** An object with any members, all of one type. */
export function convertRecord(
  def: $ZodRecordDef,
  path: string,
  convert: Convert,
): StructuralSchema {
  // Safe: a key schema is a schema like any other.
  const key = (def.keyType as $ZodType)._zod.def;
  if (key.type !== 'string' || (key.checks ?? []).length > 0 || 'check' in key) {
    throw notExpressible(
      path,
      'the keys of a record cannot be restricted by the schema',
      'use z.string() for the keys and withRule for their form, or z.object() for known keys',
    );
  }
  return {
    type: 'object',
    // Safe: a value schema is a schema like any other.
    additionalProperties: convert(def.valueType, `${path}[*]`),
  };
}
