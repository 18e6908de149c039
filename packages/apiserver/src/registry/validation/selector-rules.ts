import { validateLabelKey, validateLabelValue } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, stringsAt, textAt } from '../json-read.ts';

/** Rules for a map of labels at `path`. */
export function validateLabels(path: string, labels: JsonObject): FieldError[] {
  const sorted = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.flatMap(([key, value]) => [
    ...validateLabelKey(key).map((text) => invalid(path, key, text)),
    ...validateLabelValue(String(value)).map((text) => invalid(path, value, text)),
  ]);
}

function validateExpression(path: string, expression: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const operator = textAt(expression, 'operator');
  const values = stringsAt(expression, 'values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(
          required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(
          forbidden(
            `${path}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  const key = textAt(expression, 'key');
  errors.push(...validateLabelKey(key).map((text) => invalid(`${path}.key`, key, text)));
  for (const [index, value] of values.entries()) {
    const field = `${path}.values[${index}]`;
    errors.push(...validateLabelValue(value).map((text) => invalid(field, value, text)));
  }
  return errors;
}

/** Rules for a `LabelSelector`. */
export function validateSelector(path: string, selector: JsonObject): FieldError[] {
  return [
    ...validateLabels(`${path}.matchLabels`, objectAt(selector, 'matchLabels')),
    ...listAt(selector, 'matchExpressions').flatMap((expression, index) =>
      validateExpression(`${path}.matchExpressions[${index}]`, expression),
    ),
  ];
}

/** Whether a selector has no requirement at all. */
export function isEmptySelector(selector: JsonObject): boolean {
  return (
    Object.keys(objectAt(selector, 'matchLabels')).length === 0 &&
    listAt(selector, 'matchExpressions').length === 0
  );
}
