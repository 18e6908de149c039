import { validateDnsSubdomain } from '@kubewright/apimachinery';
import { compileCondition } from '../../cel/match-conditions.ts';
import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { clientConfigErrors, reviewVersionErrors } from '../../webhooks/client-config-rules.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { conditionErrors } from './condition-rules.ts';
import { requestRuleErrors } from './request-rules.ts';
import { validateSelector } from './selector-rules.ts';

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
      requestRuleErrors(`${path}.rules[${index}]`, rule),
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
    ...conditionErrors(
      `${path}.matchConditions`,
      listAt(webhook, 'matchConditions'),
      compileCondition,
    ),
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
