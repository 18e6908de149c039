import type { $ZodCheck, $ZodChecks, $ZodType } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import type { Markers } from './markers.ts';
import { refusedCheck } from './refused-check.ts';
import type { Convert, StructuralSchema } from './structural-schema.ts';

/** A list, with the rules that its topology puts on the elements. */
export function convertArray(
  element: $ZodType,
  checks: readonly $ZodCheck[],
  markers: Markers,
  path: string,
  convert: Convert,
): StructuralSchema {
  const items = convert(element, `${path}[]`);
  const converted: StructuralSchema = { type: 'array', items };
  for (const check of checks) {
    // Safe: the union lists Zod's checks; what it does not list ends in the default branch.
    const { def } = (check as $ZodChecks)._zod;
    switch (def.check) {
      case 'min_length':
        converted.minItems = Math.max(converted.minItems ?? 0, def.minimum);
        break;
      case 'max_length':
        converted.maxItems = Math.min(converted.maxItems ?? Infinity, def.maximum);
        break;
      case 'length_equals':
        converted.minItems = def.length;
        converted.maxItems = def.length;
        break;
      default:
        throw refusedCheck(check, path);
    }
  }
  if (markers['x-kubernetes-list-type'] === 'set') checkSet(items, path);
  if (markers['x-kubernetes-list-type'] === 'map') {
    checkMap(items, markers['x-kubernetes-list-map-keys'] ?? [], path);
  }
  return converted;
}

function checkSet(items: StructuralSchema, path: string): void {
  if (items.nullable === true) {
    throw notExpressible(path, 'the elements of a set cannot be null', 'take nullable() away');
  }
  if (items.type === 'object' || items.type === 'array') {
    throw notExpressible(path, 'the elements of a set must be scalars', 'use listMap for objects');
  }
}

function checkMap(items: StructuralSchema, keys: readonly string[], path: string): void {
  for (const key of keys) {
    const member = items.properties?.[key];
    const at = `${path}[].${key}`;
    if (member === undefined) {
      throw notExpressible(at, 'a key of listMap that the element does not have', 'name a member');
    }
    if (member.type === 'object' || member.type === 'array' || member.type === undefined) {
      throw notExpressible(at, 'a key of listMap must be a scalar', 'choose another member');
    }
    if (member.nullable === true) {
      throw notExpressible(at, 'a key of listMap cannot be null', 'take nullable() away');
    }
    if (items.required?.includes(key) !== true && member.default === undefined) {
      throw notExpressible(
        at,
        'a key of listMap must be there',
        'take optional() away, or give a default()',
      );
    }
  }
}
