import type { FieldError } from '../field-error.ts';
import type { RuleChecker } from '../schema/custom-schema.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
export interface CompiledRules {
  readonly errors: readonly FieldError[];
  readonly checker: RuleChecker & { checkValue(value: unknown): readonly FieldError[] };
}
export function compileRules(_schema: StructuralSchema, _path: string): CompiledRules {
  return { errors: [], checker: { check: () => [], checkValue: () => [] } };
}
