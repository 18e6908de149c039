import type { $ZodDiscriminatedUnionDef, $ZodType, $ZodUnionDef } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import { convertChoices } from './convert-choices.ts';
import { convertVariants } from './convert-variants.ts';
import { makeNullable, type Convert, type StructuralSchema } from './structural-schema.ts';

/**
 * The unions a manifest can tell: choices of one type, an integer or a text, a value or null, and objects told apart by
 * a discriminator.
 */
export function convertUnion(
  def: $ZodUnionDef | $ZodDiscriminatedUnionDef,
  path: string,
  convert: Convert,
): StructuralSchema {
  if ('discriminator' in def) return convertVariants(def, path, convert);
  const options = def.options.filter((option) => option._zod.def.type !== 'null');
  const converted = convertOptions(options, path, convert);
  return options.length < def.options.length ? makeNullable(converted, path) : converted;
}

function convertOptions(
  options: readonly $ZodType[],
  path: string,
  convert: Convert,
): StructuralSchema {
  const schemas = options.map((option) => convert(option, path));
  const [first, second] = schemas;
  if (first !== undefined && second === undefined) return first;
  if (schemas.every((schema) => schema.enum !== undefined)) {
    return convertChoices(
      schemas.flatMap((schema) => schema.enum),
      path,
    );
  }
  const integer = schemas.find(
    ({ type, enum: choices }) => type === 'integer' && choices === undefined,
  );
  const text = schemas.find(
    ({ type, enum: choices }) => type === 'string' && choices === undefined,
  );
  if (schemas.length === 2 && integer !== undefined && text !== undefined) {
    return convertIntOrString(integer, text);
  }
  throw notExpressible(
    path,
    'a union of other things than choices, an integer or a text, or a value or null',
    'use z.discriminatedUnion() for objects, and one member per type for the rest',
  );
}

/** Bounds of a number apply to integers, patterns and lengths to texts: they do not meet. */
function convertIntOrString(integer: StructuralSchema, text: StructuralSchema): StructuralSchema {
  // The formats say "integer" and "string" again; the bounds of a 64-bit integer say nothing.
  const { type: _integer, format: _int, ...bounds } = integer;
  const { type: _text, format: _format, ...patterns } = text;
  if (bounds.minimum === Number.MIN_SAFE_INTEGER) delete bounds.minimum;
  if (bounds.maximum === Number.MAX_SAFE_INTEGER) delete bounds.maximum;
  return { ...bounds, ...patterns, 'x-kubernetes-int-or-string': true };
}
