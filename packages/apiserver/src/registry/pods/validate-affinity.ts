import { validateDnsLabel, validateLabelKey, validateLabelValue } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { validateSelector } from '../validation/selector-rules.ts';
import { dnsSubdomain } from '../validation/value-rules.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function labelName(path: string, name: string): FieldError[] {
  return validateLabelKey(name).map((text) => invalid(path, name, text));
}

function validateExpression(
  path: string,
  expression: JsonObject,
  areValuesChecked: boolean,
): FieldError[] {
  const operator = textAt(expression, 'operator');
  const values = stringsAt(expression, 'values');
  const errors: FieldError[] = [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        const rule = "must be specified when `operator` is 'In' or 'NotIn'";
        errors.push(required(`${path}.values`, rule));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const rule = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(forbidden(`${path}.values`, rule));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        const rule = "must be specified single value when `operator` is 'Lt' or 'Gt'";
        errors.push(required(`${path}.values`, rule));
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  errors.push(...labelName(`${path}.key`, textAt(expression, 'key')));
  if (!areValuesChecked) return errors;
  return [
    ...errors,
    ...values.flatMap((value, index) =>
      validateLabelValue(value).map((text) => invalid(`${path}.values[${index}]`, value, text)),
    ),
  ];
}

function validateField(path: string, requirement: JsonObject): FieldError[] {
  const operator = textAt(requirement, 'operator');
  const key = textAt(requirement, 'key');
  const values = stringsAt(requirement, 'values');
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const rule =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, rule));
  }
  if (key !== 'metadata.name') {
    return [...errors, invalid(`${path}.key`, key, 'not a valid field selector key')];
  }
  return [
    ...errors,
    ...values.flatMap((value, index) => dnsSubdomain(`${path}.values[${index}]`, value)),
  ];
}

function validateTerm(path: string, term: JsonObject, areValuesChecked: boolean): FieldError[] {
  return [
    ...listAt(term, 'matchExpressions').flatMap((expression, index) =>
      validateExpression(`${path}.matchExpressions[${index}]`, expression, areValuesChecked),
    ),
    ...listAt(term, 'matchFields').flatMap((requirement, index) =>
      validateField(`${path}.matchFields[${index}]`, requirement),
    ),
  ];
}

/** Rules for a `NodeSelector`. */
export function validateNodeSelector(path: string, selector: JsonObject): FieldError[] {
  const field = `${path}.nodeSelectorTerms`;
  const terms = listAt(selector, 'nodeSelectorTerms');
  if (terms.length === 0) return [required(field, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => validateTerm(`${field}[${index}]`, term, true));
}

function validateWeight(path: string, term: JsonObject): FieldError[] {
  const weight = numberAt(term, 'weight') ?? 0;
  return weight >= 1 && weight <= 100
    ? []
    : [invalid(`${path}.weight`, weight, 'must be in the range 1-100')];
}

function validateNodeAffinity(path: string, affinity: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (affinity[REQUIRED] !== undefined) {
    errors.push(...validateNodeSelector(`${path}.${REQUIRED}`, objectAt(affinity, REQUIRED)));
  }
  for (const [index, term] of listAt(affinity, PREFERRED).entries()) {
    const field = `${path}.${PREFERRED}[${index}]`;
    // A preference that no node can have does no harm.
    const preference = validateTerm(`${field}.preference`, objectAt(term, 'preference'), false);
    errors.push(...validateWeight(field, term), ...preference);
  }
  return errors;
}

/** Rules for keys of labels whose values a selector takes over from the pod. */
export function validateLabelKeys(
  path: string,
  keys: readonly string[],
  hasSelector: boolean,
): FieldError[] {
  if (keys.length === 0) return [];
  if (!hasSelector) return [forbidden(path, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, index) => labelName(`${path}[${index}]`, key));
}

function validatePodTerm(path: string, term: JsonObject): FieldError[] {
  const hasSelector = term['labelSelector'] !== undefined;
  const matched = stringsAt(term, 'matchLabelKeys');
  const mismatched = stringsAt(term, 'mismatchLabelKeys');
  const key = textAt(term, 'topologyKey');
  return [
    ...validateSelector(`${path}.labelSelector`, objectAt(term, 'labelSelector')),
    ...validateSelector(`${path}.namespaceSelector`, objectAt(term, 'namespaceSelector')),
    ...stringsAt(term, 'namespaces').flatMap((name) =>
      validateDnsLabel(name).map((text) => invalid(`${path}.namespace`, name, text)),
    ),
    ...validateLabelKeys(`${path}.matchLabelKeys`, matched, hasSelector),
    ...validateLabelKeys(`${path}.mismatchLabelKeys`, mismatched, hasSelector),
    ...matched.flatMap((name, index) =>
      mismatched.includes(name)
        ? [
            invalid(
              `${path}.matchLabelKeys[${index}]`,
              name,
              'exists in both matchLabelKeys and mismatchLabelKeys',
            ),
          ]
        : [],
    ),
    ...(key === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...labelName(`${path}.topologyKey`, key),
  ];
}

function validatePodAffinity(path: string, affinity: JsonObject): FieldError[] {
  return [
    ...listAt(affinity, REQUIRED).flatMap((term, index) =>
      validatePodTerm(`${path}.${REQUIRED}[${index}]`, term),
    ),
    ...listAt(affinity, PREFERRED).flatMap((term, index) => {
      const field = `${path}.${PREFERRED}[${index}]`;
      return [
        ...validateWeight(field, term),
        ...validatePodTerm(`${field}.podAffinityTerm`, objectAt(term, 'podAffinityTerm')),
      ];
    }),
  ];
}

/** Rules for the `affinity` of a pod. */
export function validateAffinity(path: string, spec: JsonObject): FieldError[] {
  const affinity = objectAt(spec, 'affinity');
  return [
    ...validateNodeAffinity(`${path}.nodeAffinity`, objectAt(affinity, 'nodeAffinity')),
    ...validatePodAffinity(`${path}.podAffinity`, objectAt(affinity, 'podAffinity')),
    ...validatePodAffinity(`${path}.podAntiAffinity`, objectAt(affinity, 'podAntiAffinity')),
  ];
}
