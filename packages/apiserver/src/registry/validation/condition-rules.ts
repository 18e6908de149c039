import { validateLabelKey } from '@kubewright/apimachinery';
import type { AdmissionExpression } from '../../cel/admission-expression.ts';
import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, required, tooMany, type FieldError } from '../../field-error.ts';
import { textAt } from '../json-read.ts';

/** Most `matchConditions` of one webhook or policy. */
const MAX_CONDITIONS = 64;

/** The rules for `matchConditions`. */
export function conditionErrors(
  path: string,
  conditions: readonly JsonObject[],
  compile: (expression: string) => AdmissionExpression,
): FieldError[] {
  const names = new Set<string>();
  const errors: FieldError[] =
    conditions.length > MAX_CONDITIONS ? [tooMany(path, conditions.length, MAX_CONDITIONS)] : [];
  for (const [index, condition] of conditions.entries()) {
    const place = `${path}[${index}]`;
    const name = textAt(condition, 'name');
    const expression = textAt(condition, 'expression').trim();
    if (expression === '') errors.push(required(`${place}.expression`));
    else {
      const compiled = compile(expression);
      if (compiled.kind === 'refused') {
        errors.push(invalid(`${place}.expression`, expression, compiled.problem));
      }
    }
    if (name === '') {
      errors.push(required(`${place}.name`));
      continue;
    }
    errors.push(...validateLabelKey(name).map((text) => invalid(`${place}.name`, name, text)));
    if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    names.add(name);
  }
  return errors;
}
