import { validateLabelKey, validateLabelValue } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, type FieldError } from '../../field-error.ts';
import { listAt, textAt } from '../json-read.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** Operators that need a feature which is off; they are still named. */
const COMPARISONS = ['Lt', 'Gt'];

function validateOperator(path: string, operator: string, value: string): FieldError[] {
  if (operator === '' || operator === 'Equal') {
    const texts = validateLabelValue(value);
    return texts.length === 0 ? [] : [invalid(path, value, texts.join(';'))];
  }
  if (operator === 'Exists') {
    const rule = "value must be empty when `operator` is 'Exists'";
    return value === '' ? [] : [invalid(path, value, rule)];
  }
  const more = COMPARISONS.includes(operator) ? COMPARISONS : [];
  return [notSupported(path, operator, ['Equal', 'Exists', ...more])];
}

function validateToleration(path: string, toleration: JsonObject): FieldError[] {
  const key = textAt(toleration, 'key');
  const operator = textAt(toleration, 'operator');
  const effect = textAt(toleration, 'effect');
  const errors =
    key === '' ? [] : validateLabelKey(key).map((text) => invalid(`${path}.key`, key, text));
  if (key === '' && operator !== 'Exists') {
    const rule =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${path}.operator`, operator, rule));
  }
  if (toleration['tolerationSeconds'] !== undefined && effect !== 'NoExecute') {
    const rule = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalid(`${path}.effect`, effect, rule));
  }
  errors.push(...validateOperator(`${path}.operator`, operator, textAt(toleration, 'value')));
  if (effect !== '' && !EFFECTS.includes(effect)) {
    errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
  }
  return errors;
}

/** Rules for the `tolerations` of a pod. */
export function validateTolerations(path: string, spec: JsonObject): FieldError[] {
  return listAt(spec, 'tolerations').flatMap((toleration, index) =>
    validateToleration(`${path}.tolerations[${index}]`, toleration),
  );
}
