import { validateDnsSubdomain, validateLabelKey } from '@kubewright/apimachinery';
import { compileCondition } from '../../cel/match-conditions.ts';
import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { clientConfigErrors, reviewVersionErrors } from '../../webhooks/client-config-rules.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { validateSelector } from './selector-rules.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
/** Most `matchConditions` of one webhook. */
const MAX_CONDITIONS = 64;

/** The rules for the webhooks of a configuration. */
export function webhookErrors(configuration: JsonObject): FieldError[] {
  const names = new Set<string>();
  return listAt(configuration, 'webhooks').flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const name = textAt(webhook, 'name');
    const errors = oneWebhookErrors(path, webhook);
    if (names.has(name) && name !== '') errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    return errors;
  });
}

function oneWebhookErrors(path: string, webhook: JsonObject): FieldError[] {
  const timeout = numberAt(webhook, 'timeoutSeconds') ?? 10;
  return [
    ...reviewVersionErrors(
      `${path}.admissionReviewVersions`,
      webhook['admissionReviewVersions'],
      'must specify one of v1, v1beta1',
    ),
    ...nameErrors(`${path}.name`, textAt(webhook, 'name')),
    ...listAt(webhook, 'rules').flatMap((rule, index) =>
      ruleErrors(`${path}.rules[${index}]`, rule),
    ),
    ...choiceErrors(path, webhook, 'failurePolicy', ['Fail', 'Ignore']),
    ...choiceErrors(path, webhook, 'matchPolicy', ['Equivalent', 'Exact']),
    ...sideEffectErrors(`${path}.sideEffects`, textAt(webhook, 'sideEffects')),
    ...(timeout < 1 || timeout > 30
      ? [
          invalid(
            `${path}.timeoutSeconds`,
            timeout,
            'the timeout value must be between 1 and 30 seconds',
          ),
        ]
      : []),
    ...validateSelector(`${path}.namespaceSelector`, objectAt(webhook, 'namespaceSelector')),
    ...validateSelector(`${path}.objectSelector`, objectAt(webhook, 'objectSelector')),
    ...clientConfigErrors(`${path}.clientConfig`, objectAt(webhook, 'clientConfig')),
    ...choiceErrors(path, webhook, 'reinvocationPolicy', ['IfNeeded', 'Never']),
    ...conditionErrors(`${path}.matchConditions`, listAt(webhook, 'matchConditions')),
  ];
}

function nameErrors(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)];
  const errors = validateDnsSubdomain(name).map((text) => invalid(path, name, text));
  if (errors.length > 0 || name.split('.').length >= 3) return errors;
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')];
}

function choiceErrors(
  path: string,
  webhook: JsonObject,
  member: string,
  choices: readonly string[],
): FieldError[] {
  const value = textAt(webhook, member);
  return value === '' || choices.includes(value)
    ? []
    : [notSupported(`${path}.${member}`, value, choices)];
}

function sideEffectErrors(path: string, value: string): FieldError[] {
  const choices = ['None', 'NoneOnDryRun'];
  if (value === '') return [required(path, 'must specify one of None, NoneOnDryRun')];
  return choices.includes(value) ? [] : [notSupported(path, value, choices)];
}

function ruleErrors(path: string, rule: JsonObject): FieldError[] {
  const scope = textAt(rule, 'scope');
  return [
    ...starredErrors(`${path}.apiGroups`, rule, 'apiGroups', 'API groups', true),
    ...starredErrors(`${path}.apiVersions`, rule, 'apiVersions', 'API versions', false),
    ...resourceErrors(`${path}.resources`, stringsAt(rule, 'resources')),
    ...starredErrors(`${path}.operations`, rule, 'operations', 'operations', true),
    ...stringsAt(rule, 'operations').flatMap((operation, index) =>
      OPERATIONS.includes(operation)
        ? []
        : [notSupported(`${path}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...(['', '*', 'Cluster', 'Namespaced'].includes(scope)
      ? []
      : [notSupported(`${path}.scope`, scope, ['*', 'Cluster', 'Namespaced'])]),
  ];
}

/** A list whose star stands for all. */
function starredErrors(
  path: string,
  rule: JsonObject,
  member: string,
  what: string,
  allowsEmpty: boolean,
): FieldError[] {
  const values = stringsAt(rule, member);
  if (values.length === 0) return [required(path)];
  return [
    ...(values.length > 1 && values.includes('*')
      ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)]
      : []),
    ...(allowsEmpty
      ? []
      : values.flatMap((value, index) => (value === '' ? [required(`${path}[${index}]`)] : []))),
  ];
}

function resourceErrors(path: string, resources: readonly string[]): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  // Those whose subresources, or whose resources, are all meant.
  const [allSubresources, allResources] = [new Set<string>(), new Set<string>()];
  let isPlain = false;
  for (const [index, name] of resources.entries()) {
    const place = `${path}[${index}]`;
    if (name === '') {
      errors.push(required(place));
      continue;
    }
    const [resource = '', subresource] = name.split('/', 2);
    if (subresource === undefined) {
      isPlain = true;
      continue;
    }
    const covering = [
      ...(allSubresources.has(resource) ? [`${resource}/*`] : []),
      ...(allResources.has(subresource) ? [`*/${subresource}`] : []),
    ];
    for (const cover of covering) {
      errors.push(invalid(place, name, `if '${cover}' is present, must not specify ${name}`));
    }
    if (subresource === '*') allSubresources.add(resource);
    if (resource === '*') allResources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  const plain = resources.filter((name) => !name.includes('/'));
  if (isPlain && plain.length > 1 && plain.includes('*')) {
    errors.push(
      invalid(
        path,
        resources,
        "if '*' is present, must not specify other resources without subresources",
      ),
    );
  }
  return errors;
}

function conditionErrors(path: string, conditions: readonly JsonObject[]): FieldError[] {
  if (conditions.length > MAX_CONDITIONS) {
    return [
      {
        type: 'FieldValueTooMany',
        field: path,
        message: `Too many: ${conditions.length}: must have at most ${MAX_CONDITIONS} items`,
      },
    ];
  }
  const names = new Set<string>();
  return conditions.flatMap((condition, index) => {
    const place = `${path}[${index}]`;
    const [name, expression] = [textAt(condition, 'name'), textAt(condition, 'expression')];
    const compiled = expression.trim() === '' ? undefined : compileCondition(expression);
    const errors: FieldError[] = [];
    if (compiled === undefined) errors.push(required(`${place}.expression`));
    if (compiled?.kind === 'refused') {
      errors.push(invalid(`${place}.expression`, expression, compiled.problem));
    }
    if (name === '') errors.push(required(`${place}.name`));
    else if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    else {
      errors.push(...validateLabelKey(name).map((text) => invalid(`${place}.name`, name, text)));
    }
    names.add(name);
    return errors;
  });
}
