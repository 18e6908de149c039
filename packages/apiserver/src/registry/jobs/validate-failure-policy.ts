import { validateLabelKey } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  invalid,
  invalidTogether,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, setDefaultText, textAt } from '../json-read.ts';

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITIONS = 20;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

/** A condition that a rule names without a status must hold. */
export function defaultFailurePolicy(spec: JsonObject): void {
  for (const rule of listAt(objectAt(spec, 'podFailurePolicy'), 'rules')) {
    for (const pattern of listAt(rule, 'onPodConditions')) {
      setDefaultText(pattern, 'status', 'True');
    }
  }
}

/** Rules for what a Job makes of the ways its pods fail. */
export function validateFailurePolicy(path: string, spec: JsonObject): FieldError[] {
  const rules = listAt(objectAt(spec, 'podFailurePolicy'), 'rules');
  const field = `${path}.podFailurePolicy.rules`;
  return [
    ...(rules.length > MAX_RULES ? [tooMany(field, rules.length, MAX_RULES)] : []),
    ...rules.flatMap((rule, index) => validateRule(`${field}[${index}]`, rule, spec)),
  ];
}

/** A policy as messages show it: in the words of the server's internal types. */
export function shownFailurePolicy(policy: JsonObject): JsonObject {
  return {
    Rules: listAt(policy, 'rules').map((rule) => {
      const codes = rule['onExitCodes'] as JsonObject | undefined;
      const conditions = listAt(rule, 'onPodConditions');
      return {
        Action: textAt(rule, 'action'),
        OnExitCodes:
          codes === undefined
            ? null
            : {
                ContainerName: (codes['containerName'] ?? null) as unknown,
                Operator: textAt(codes, 'operator'),
                Values: (codes['values'] ?? null) as unknown,
              },
        OnPodConditions:
          conditions.length === 0
            ? null
            : conditions.map((pattern) => ({
                Type: textAt(pattern, 'type'),
                Status: textAt(pattern, 'status'),
              })),
      };
    }),
  };
}

/** One of a few words that must be there. */
function validateWord(path: string, word: string, choices: readonly string[]): FieldError[] {
  if (word === '') {
    return [required(path, `valid values: [${choices.map((each) => `"${each}"`).join(' ')}]`)];
  }
  return choices.includes(word) ? [] : [notSupported(path, word, choices)];
}

function validateRule(path: string, rule: JsonObject, spec: JsonObject): FieldError[] {
  const action = textAt(rule, 'action');
  const codes = rule['onExitCodes'] as JsonObject | undefined;
  const conditions = listAt(rule, 'onPodConditions');
  const errors = validateWord(`${path}.action`, action, ACTIONS);
  if (action === 'FailIndex' && numberAt(spec, 'backoffLimitPerIndex') === undefined) {
    const text = 'requires the backoffLimitPerIndex to be set';
    errors.push(invalid(`${path}.action`, action, text));
  }
  if (codes !== undefined) errors.push(...validateCodes(`${path}.onExitCodes`, codes, spec));
  errors.push(...validateConditions(`${path}.onPodConditions`, conditions));
  if (codes !== undefined && conditions.length > 0) {
    const text = 'specifying both OnExitCodes and OnPodConditions is not supported';
    errors.push(invalidTogether(path, text));
  }
  if (codes === undefined && conditions.length === 0) {
    const text = 'specifying one of OnExitCodes and OnPodConditions is required';
    errors.push(invalidTogether(path, text));
  }
  return errors;
}

function validateConditions(path: string, patterns: readonly JsonObject[]): FieldError[] {
  return [
    ...(patterns.length > MAX_CONDITIONS ? [tooMany(path, patterns.length, MAX_CONDITIONS)] : []),
    ...patterns.flatMap((pattern, index) => {
      const type = textAt(pattern, 'type');
      const field = `${path}[${index}]`;
      return [
        ...validateLabelKey(type).map((text) => invalid(`${field}.type`, type, text)),
        ...validateWord(`${field}.status`, textAt(pattern, 'status'), STATUSES),
      ];
    }),
  ];
}

function validateCodes(path: string, codes: JsonObject, spec: JsonObject): FieldError[] {
  const operator = textAt(codes, 'operator');
  const container = codes['containerName'] as string | undefined;
  // Decoded: a list of numbers.
  const values = (codes['values'] ?? []) as number[];
  const errors = validateWord(`${path}.operator`, operator, OPERATORS);
  if (container !== undefined && !containerNames(spec).has(container)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(`${path}.containerName`, container, text));
  }
  const field = `${path}.values`;
  if (values.length === 0) errors.push(invalid(field, values, 'at least one value is required'));
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(field, values.length, MAX_EXIT_CODES));
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(invalid(`${field}[${index}]`, value, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < index) errors.push(duplicate(`${field}[${index}]`, value));
  }
  const isOrdered = values.every((value, index) => (values[index - 1] ?? value) <= value);
  if (!isOrdered) errors.push(invalid(field, values, 'must be ordered'));
  return errors;
}

function containerNames(spec: JsonObject): Set<string> {
  const pod = objectAt(objectAt(spec, 'template'), 'spec');
  const containers = [...listAt(pod, 'containers'), ...listAt(pod, 'initContainers')];
  return new Set(containers.map((container) => textAt(container, 'name')));
}
