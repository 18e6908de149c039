import type { $ZodCheck, $ZodChecks, $ZodType } from 'zod/v4/core';
import { refusedCheck } from './refused-check.ts';
import type { StructuralSchema } from './structural-schema.ts';

const maxInt32 = 2 ** 31 - 1;
const maxFloat32 = 3.4028234663852886e38;

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
  float32: { type: 'number', format: 'float', minimum: -maxFloat32, maximum: maxFloat32 },
  float64: { type: 'number', format: 'double' },
};

/** A number with its bounds; integers get the format that Kubernetes' own types use. */
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
        converted = { ...converted, ...formats[def.format] };
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
  return converted;
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
