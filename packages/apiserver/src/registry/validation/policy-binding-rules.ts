import { validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from '../../field-error.ts';
import { objectAt, stringsAt, textAt } from '../json-read.ts';
import { matchResourcesErrors } from './match-resources-rules.ts';
import { pathSegmentErrors } from './path-rules.ts';
import { validateSelector } from './selector-rules.ts';

const ACTIONS = ['Audit', 'Deny', 'Warn'];
const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];

/** The rules for a ValidatingAdmissionPolicyBinding. */
export function policyBindingErrors(binding: JsonObject): FieldError[] {
  const spec = objectAt(binding, 'spec');
  const name = textAt(spec, 'policyName');
  return [
    ...(name === ''
      ? [required('spec.policyName')]
      : validateDnsSubdomain(name).map((text) => invalid('spec.policyName', name, text))),
    ...(spec['paramRef'] === undefined
      ? []
      : paramRefErrors('spec.paramRef', objectAt(spec, 'paramRef'))),
    ...(spec['matchResources'] === undefined
      ? []
      : matchResourcesErrors('spec.matchResources', objectAt(spec, 'matchResources'))),
    ...actionErrors('spec.validationActions', stringsAt(spec, 'validationActions')),
  ];
}

function paramRefErrors(path: string, ref: JsonObject): FieldError[] {
  const name = textAt(ref, 'name');
  const hasSelector = ref['selector'] !== undefined;
  const exclusive = 'name and selector are mutually exclusive';
  const errors: FieldError[] = [];
  if (name !== '') {
    errors.push(...pathSegmentErrors(`${path}.name`, name));
    if (hasSelector) errors.push(forbidden(`${path}.name`, exclusive));
  }
  if (hasSelector) {
    errors.push(...validateSelector(`${path}.selector`, objectAt(ref, 'selector')));
    if (name !== '') errors.push(forbidden(`${path}.selector`, exclusive));
  }
  if (name === '' && !hasSelector) {
    errors.push(required(path, 'one of name or selector must be specified'));
  }
  const action = textAt(ref, 'parameterNotFoundAction');
  const place = `${path}.parameterNotFoundAction`;
  if (action === '') errors.push(required(place));
  else if (!NOT_FOUND_ACTIONS.includes(action)) {
    errors.push(notSupported(place, action, NOT_FOUND_ACTIONS));
  }
  return errors;
}

function actionErrors(path: string, actions: readonly string[]): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, action] of actions.entries()) {
    const place = `${path}[${index}]`;
    if (!ACTIONS.includes(action)) errors.push(notSupported(place, action, ACTIONS));
    if (seen.has(action)) errors.push(duplicate(place, action));
    seen.add(action);
  }
  if (seen.has('Deny') && seen.has('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid(path, actions, detail));
  }
  if (seen.size === 0) errors.push(required(path, 'at least one validation action is required'));
  return errors;
}
