import {
  validateDns1035Label,
  validateDnsSubdomain,
  validateLabelKey,
} from '@kubewright/apimachinery';
import {
  compileAdmissionExpression,
  type AdmissionExpression,
} from '../../cel/admission-expression.ts';
import type { ExpressionScope } from '../../cel/admission-types.ts';
import { compileCondition } from '../../cel/match-conditions.ts';
import { composeVariables } from '../../cel/policy-variables.ts';
import { isReservedWord } from '../../cel/schema-types.ts';
import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, textAt } from '../json-read.ts';
import { conditionErrors } from './condition-rules.ts';
import { matchResourcesErrors } from './match-resources-rules.ts';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const MAX_ANNOTATIONS = 20;
/** Longest `valueExpression`, in bytes. */
const MAX_VALUE_EXPRESSION = 5 * 1024;

/** The rules for a ValidatingAdmissionPolicy. */
export function policyErrors(policy: JsonObject): FieldError[] {
  const spec = objectAt(policy, 'spec');
  const hasParams = spec['paramKind'] !== undefined;
  const variables = listAt(spec, 'variables');
  const { inOrder, types } = composeVariables(variables, hasParams);
  const scope: ExpressionScope = {
    hasAuthorizer: true,
    hasParams,
    composed: variables.length === 0 ? undefined : types,
  };
  return [
    ...failurePolicyErrors(textAt(spec, 'failurePolicy')),
    ...(hasParams ? paramKindErrors(objectAt(spec, 'paramKind')) : []),
    ...constraintErrors(spec),
    ...conditionErrors('spec.matchConditions', listAt(spec, 'matchConditions'), (expression) =>
      compileCondition(expression, hasParams),
    ),
    ...variables.flatMap((variable, index) =>
      variableErrors(`spec.variables[${index}]`, variable, inOrder[index]),
    ),
    ...checkErrors(policy, scope),
  ];
}

function failurePolicyErrors(value: string): FieldError[] {
  const choices = ['Fail', 'Ignore'];
  return choices.includes(value) ? [] : [notSupported('spec.failurePolicy', value, choices)];
}

function constraintErrors(spec: JsonObject): FieldError[] {
  const path = 'spec.matchConstraints';
  if (spec['matchConstraints'] === undefined) return [required(path)];
  const match = objectAt(spec, 'matchConstraints');
  const errors = matchResourcesErrors(path, match);
  if (listAt(match, 'resourceRules').length === 0) errors.push(required(`${path}.resourceRules`));
  return errors;
}

function paramKindErrors(paramKind: JsonObject): FieldError[] {
  const path = 'spec.paramKind';
  const kind = textAt(paramKind, 'kind');
  const errors = apiVersionErrors(`${path}.apiVersion`, textAt(paramKind, 'apiVersion'));
  if (kind === '') return [...errors, required(`${path}.kind`)];
  const problems = validateDns1035Label(kind.toLowerCase());
  if (problems.length === 0) return errors;
  const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
  return [...errors, invalid(`${path}.kind`, kind, detail)];
}

function apiVersionErrors(path: string, apiVersion: string): FieldError[] {
  if (apiVersion === '') return [required(path)];
  const parts = apiVersion.split('/');
  if (parts.length > 2) {
    return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  }
  const [version = '', group = ''] = parts.reverse();
  const errors: FieldError[] = [];
  const ofGroup = group === '' ? [] : validateDnsSubdomain(group);
  if (ofGroup.length > 0) errors.push(invalid(path, group, ofGroup.join(',')));
  if (version === '') errors.push(invalid(path, apiVersion, 'version must be specified'));
  else {
    const ofVersion = validateDns1035Label(version);
    if (ofVersion.length > 0) errors.push(invalid(path, version, ofVersion.join(',')));
  }
  return errors;
}

function variableErrors(
  path: string,
  variable: JsonObject,
  compiled: AdmissionExpression | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const name = textAt(variable, 'name');
  const expression = textAt(variable, 'expression');
  if (name.trim() === '') errors.push(required(`${path}.name`, 'name is not specified'));
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || isReservedWord(name)) {
    errors.push(invalid(`${path}.name`, name, 'must be a valid CEL identifier'));
  }
  if (expression.trim() === '') {
    errors.push(required(`${path}.expression`, 'expression is not specified'));
  } else {
    errors.push(...refused(`${path}.expression`, expression, compiled));
  }
  return errors;
}

function refused(
  path: string,
  source: string,
  compiled: AdmissionExpression | undefined,
): FieldError[] {
  return compiled?.kind === 'refused' ? [invalid(path, source, compiled.problem)] : [];
}

/** What the policy is there for. */
function checkErrors(policy: JsonObject, scope: ExpressionScope): FieldError[] {
  const spec = objectAt(policy, 'spec');
  const validations = listAt(spec, 'validations');
  const annotations = listAt(spec, 'auditAnnotations');
  if (validations.length === 0 && annotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    return [required('spec.validations', detail), required('spec.auditAnnotations', detail)];
  }
  const errors = validations.flatMap((validation, index) =>
    validationErrors(`spec.validations[${index}]`, validation, scope),
  );
  const path = 'spec.auditAnnotations';
  if (annotations.length > MAX_ANNOTATIONS) {
    const detail = `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`;
    errors.push(invalid(path, annotations, detail));
  }
  const keys = new Set<string>();
  const policyName = textAt(objectAt(policy, 'metadata'), 'name');
  for (const [index, annotation] of annotations.entries()) {
    const place = `${path}[${index}]`;
    const key = textAt(annotation, 'key');
    errors.push(...annotationErrors(place, annotation, policyName, scope));
    if (keys.has(key)) errors.push(duplicate(`${place}.key`, key));
    keys.add(key);
  }
  return errors;
}

function validationErrors(
  path: string,
  validation: JsonObject,
  scope: ExpressionScope,
): FieldError[] {
  const errors: FieldError[] = [];
  const expression = textAt(validation, 'expression');
  if (expression.trim() === '') {
    errors.push(required(`${path}.expression`, 'expression is not specified'));
  } else {
    const compiled = compileAdmissionExpression(expression, scope, ['bool']);
    errors.push(...refused(`${path}.expression`, expression, compiled));
  }
  const source = textAt(validation, 'messageExpression');
  if (source.trim() !== '') {
    const compiled = compileAdmissionExpression(source, { ...scope, hasAuthorizer: false }, [
      'string',
    ]);
    errors.push(...refused(`${path}.messageExpression`, source, compiled));
  } else if (source !== '') {
    errors.push(invalid(`${path}.messageExpression`, source, 'must be non-empty if specified'));
  }
  const message = textAt(validation, 'message');
  if (message !== '' && message.trim() === '') {
    errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  }
  const reason: unknown = validation['reason'];
  if (reason !== undefined && !REASONS.includes(textAt(validation, 'reason'))) {
    errors.push(notSupported(`${path}.reason`, reason, REASONS));
  }
  return errors;
}

function annotationErrors(
  path: string,
  annotation: JsonObject,
  policyName: string,
  scope: ExpressionScope,
): FieldError[] {
  const key = textAt(annotation, 'key');
  const source = textAt(annotation, 'valueExpression');
  const qualified = `${policyName}/${key}`;
  const errors =
    policyName === ''
      ? [invalid(`${path}.key`, key, 'requires metadata.name be non-empty')]
      : validateLabelKey(qualified).map((text) => invalid(`${path}.key`, qualified, text));
  const place = `${path}.valueExpression`;
  const trimmed = source.trim();
  if (trimmed === '') return [...errors, required(place, 'valueExpression is not specified')];
  if (Buffer.byteLength(trimmed) > MAX_VALUE_EXPRESSION) {
    const detail = `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`;
    return [...errors, required(place, detail)];
  }
  const compiled = compileAdmissionExpression(trimmed, scope, ['string', 'null']);
  return [...errors, ...refused(place, source, compiled)];
}
