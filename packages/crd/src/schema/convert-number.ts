import type { $ZodCheck, $ZodChecks, $ZodType } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import { refusedCheck } from './refused-check.ts';
import type { StructuralSchema } from './structural-schema.ts';

const maxInt32 = 2 ** 31 - 1;

/** Type, format and implied bounds of Zod's number formats; a server's `int64` reaches further than a double tells apart. */
const formats: Readonly<Record<string, StructuralSchema>> = {
  safeint: {
    type: 'integer',
    format: 'int64',
    minimum: Number.MIN_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
  },
  int32: { type: 'integer', format: 'int32', minimum: -maxInt32 - 1, maximum: maxInt32 },
  uint32: { type: 'integer', format: 'int64', minimum: 0, maximum: 2 ** 32 - 1 },
  // Its bounds are the server's own rule for the format.
  float32: { type: 'number', format: 'float' },
  float64: { type: 'number', format: 'double' },
};

/**
 * A number with its bounds; integers get the format that Kubernetes' own types use.
 *
 * @throws CustomResourceError `NOT_EXPRESSIBLE` for a bound or factor that an API server reads as another one.
 */
export function convertNumber(
  schema: $ZodType,
  checks: readonly $ZodCheck[],
  path: string,
): StructuralSchema {
  let converted: StructuralSchema = { type: 'number' };
  // z.int() is a number that is itself the check of its format.
  const all = 'check' in schema._zod.def ? [schema as unknown as $ZodCheck, ...checks] : checks;
  for (const check of all) {
    // Safe: the union lists Zod's checks; what it does not list ends in the default branch.
    const { def } = (check as $ZodChecks)._zod;
    switch (def.check) {
      case 'number_format':
        converted = withFormat(converted, formats[def.format]);
        break;
      case 'greater_than':
        converted = raise(converted, Number(def.value), def.inclusive);
        break;
      case 'less_than':
        converted = lower(converted, Number(def.value), def.inclusive);
        break;
      case 'multiple_of':
        converted = { ...converted, multipleOf: Number(def.value) };
        break;
      default:
        throw refusedCheck(check, path);
    }
  }
  return exact(converted, path);
}

/** A number of a format, in whatever order bounds and format were given. */
function withFormat(schema: StructuralSchema, format: StructuralSchema = {}): StructuralSchema {
  const { minimum, maximum, ...kind } = format;
  let converted = { ...schema, ...kind };
  if (minimum !== undefined) converted = raise(converted, minimum, true);
  if (maximum !== undefined) converted = lower(converted, maximum, true);
  return converted;
}

/**
 * The same numbers in bounds that an API server takes as they are meant. It checks a whole number, also one where fractions may
 * stand, against bound and factor cut to 64-bit integers: `minimum: 0.5` lets 0 pass, `multipleOf: 0.5` nothing, and `maximum: 1e30` only what is
 * below the smallest integer.
 */
function exact(schema: StructuralSchema, path: string): StructuralSchema {
  if (schema.multipleOf !== undefined && !isWhole(schema.multipleOf)) {
    throw fractional(path, `multipleOf(${schema.multipleOf})`);
  }
  if (schema.type === 'integer') return wholeBounds(schema);
  for (const bound of [schema.minimum, schema.maximum]) {
    if (bound !== undefined && !isWhole(bound)) throw fractional(path, `the bound ${bound}`);
  }
  return schema;
}

/** Integers between fractions lie between the integers within. */
function wholeBounds(schema: StructuralSchema): StructuralSchema {
  const { minimum, maximum } = schema;
  let converted = schema;
  if (minimum !== undefined && !Number.isInteger(minimum)) {
    const { exclusiveMinimum: _, ...rest } = converted;
    converted = { ...rest, minimum: Math.ceil(minimum) };
  }
  if (maximum !== undefined && !Number.isInteger(maximum)) {
    const { exclusiveMaximum: _, ...rest } = converted;
    converted = { ...rest, maximum: Math.floor(maximum) };
  }
  return converted;
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

function fractional(path: string, what: string): Error {
  return notExpressible(
    path,
    `an API server reads ${what} as a 64-bit integer where the value is a whole number`,
    'use whole bounds, a smaller unit with z.int(), or withRule',
  );
}

/** The larger of two lower bounds; of two equal ones, the exclusive. */
function raise(schema: StructuralSchema, bound: number, isInclusive: boolean): StructuralSchema {
  if (schema.minimum !== undefined && schema.minimum > bound) return schema;
  if (schema.minimum === bound && isInclusive) return schema;
  const { exclusiveMinimum: _, ...rest } = schema;
  return { ...rest, minimum: bound, ...(isInclusive ? {} : { exclusiveMinimum: true }) };
}

function lower(schema: StructuralSchema, bound: number, isInclusive: boolean): StructuralSchema {
  if (schema.maximum !== undefined && schema.maximum < bound) return schema;
  if (schema.maximum === bound && isInclusive) return schema;
  const { exclusiveMaximum: _, ...rest } = schema;
  return { ...rest, maximum: bound, ...(isInclusive ? {} : { exclusiveMaximum: true }) };
}
