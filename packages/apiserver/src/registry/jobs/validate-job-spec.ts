import { validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../json-read.ts';
import { nonNegative } from '../validation/value-rules.ts';
import { validateTemplate } from '../validation/workload-rules.ts';
import { validateFailurePolicy } from './validate-failure-policy.ts';
import { shownSuccessPolicy, validateSuccessPolicy } from './validate-success-policy.ts';

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];
const MAX_MANAGED_BY_BYTES = 63;
/** Bounds that keep the lists of indexes in the status of an Indexed Job short. */
const MAX_INDEXED = 100_000;
const MAX_WITH_MANY_COMPLETIONS = 10_000;
const REPLACEMENT_POLICIES = ['Failed', 'TerminatingOrFailed'];

/** Rules for the specification of a Job, of its own or in a CronJob; selectors apart. */
export function validateJobSpec(path: string, spec: JsonObject): FieldError[] {
  const isIndexed = spec['completionMode'] === 'Indexed';
  return [
    ...validateNumbers(path, spec),
    ...validateManagedBy(`${path}.managedBy`, spec['managedBy'] as string | undefined),
    ...validateCompletionMode(`${path}.completionMode`, textAt(spec, 'completionMode')),
    ...(isIndexed ? validateIndexed(path, spec) : validateNonIndexed(path, spec)),
    ...validateFailurePolicy(path, spec),
    ...validateWhenSucceeded(path, spec, isIndexed),
    ...validateReplacement(`${path}.podReplacementPolicy`, spec),
    ...validateTemplate(`${path}.template`, objectAt(spec, 'template')),
    ...validateRestartPolicy(`${path}.template.spec.restartPolicy`, spec),
  ];
}

function validateNumbers(path: string, spec: JsonObject): FieldError[] {
  const errors = COUNTS.flatMap((name) => nonNegative(`${path}.${name}`, numberAt(spec, name)));
  const isLimited = numberAt(spec, 'backoffLimitPerIndex') !== undefined;
  if (numberAt(spec, 'maxFailedIndexes') !== undefined && !isLimited) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  return errors;
}

const URL_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

function validateManagedBy(path: string, value: string | undefined): FieldError[] {
  if (value === undefined) return [];
  const errors = validateDomainPath(path, value);
  if (Buffer.byteLength(value) > MAX_MANAGED_BY_BYTES) {
    errors.push(tooLong(path, MAX_MANAGED_BY_BYTES));
  }
  return errors;
}

/** A name such as `example.com/controller`. */
function validateDomainPath(path: string, value: string): FieldError[] {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(0, slash));
  const rest = value.slice(slash + 1);
  if (host === '' || rest === '') {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = validateDnsSubdomain(host).map((text) => invalid(path, host, text));
  if (!URL_PATH.test(rest)) {
    const rule = URL_PATH.source.slice(1, -1).replaceAll('\\/', '/');
    errors.push(invalid(path, rest, `Invalid path (regex used for validation is '${rule}')`));
  }
  return errors;
}

function validateCompletionMode(path: string, mode: string): FieldError[] {
  return ['', 'NonIndexed', 'Indexed'].includes(mode)
    ? []
    : [notSupported(path, mode, ['NonIndexed', 'Indexed'])];
}

function validateNonIndexed(path: string, spec: JsonObject): FieldError[] {
  if (!['', 'NonIndexed'].includes(textAt(spec, 'completionMode'))) return [];
  return ['backoffLimitPerIndex', 'maxFailedIndexes'].flatMap((name) => {
    const value = numberAt(spec, name);
    if (value === undefined) return [];
    return [invalid(`${path}.${name}`, value, 'requires indexed completion mode')];
  });
}

function validateIndexed(path: string, spec: JsonObject): FieldError[] {
  const completions = numberAt(spec, 'completions');
  const parallelism = numberAt(spec, 'parallelism') ?? 0;
  const maxFailed = numberAt(spec, 'maxFailedIndexes');
  const errors: FieldError[] = [];
  const refuse = (name: string, value: number, text: string): void => {
    errors.push(invalid(`${path}.${name}`, value, text));
  };
  const atMost = (bound: number): string => `must be less than or equal to ${bound}`;
  if (completions === undefined) {
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (parallelism > MAX_INDEXED) {
    refuse('parallelism', parallelism, `${atMost(MAX_INDEXED)} when completion mode is Indexed`);
  }
  if (maxFailed !== undefined && completions !== undefined && maxFailed > completions) {
    refuse('maxFailedIndexes', maxFailed, 'must be less than or equal to completions');
  }
  if (maxFailed !== undefined && maxFailed > MAX_INDEXED) {
    refuse('maxFailedIndexes', maxFailed, atMost(MAX_INDEXED));
  }
  const isLimited = numberAt(spec, 'backoffLimitPerIndex') !== undefined;
  if (!isLimited || completions === undefined || completions <= MAX_INDEXED) return errors;
  const bound = `${atMost(MAX_WITH_MANY_COMPLETIONS)} when completions are above ${MAX_INDEXED} and used with backoff limit per index`;
  if (maxFailed === undefined) {
    const text = `must be specified when completions is above ${MAX_INDEXED}`;
    errors.push(required(`${path}.maxFailedIndexes`, text));
  }
  if (parallelism > MAX_WITH_MANY_COMPLETIONS) refuse('parallelism', parallelism, bound);
  if (maxFailed !== undefined && maxFailed > MAX_WITH_MANY_COMPLETIONS) {
    refuse('maxFailedIndexes', maxFailed, bound);
  }
  return errors;
}

function validateWhenSucceeded(path: string, spec: JsonObject, isIndexed: boolean): FieldError[] {
  const policy = spec['successPolicy'] as JsonObject | undefined;
  if (policy === undefined) return [];
  if (isIndexed) return validateSuccessPolicy(path, spec);
  const shown = shownSuccessPolicy(policy);
  return [invalid(`${path}.successPolicy`, shown, 'requires indexed completion mode')];
}

function validateReplacement(path: string, spec: JsonObject): FieldError[] {
  const policy = spec['podReplacementPolicy'] as string | undefined;
  // A policy for failed pods has to wait until they have failed.
  const choices = REPLACEMENT_POLICIES.slice(0, spec['podFailurePolicy'] === undefined ? 2 : 1);
  return policy === undefined || choices.includes(policy)
    ? []
    : [notSupported(path, policy, choices)];
}

function validateRestartPolicy(path: string, spec: JsonObject): FieldError[] {
  const policy = textAt(objectAt(objectAt(spec, 'template'), 'spec'), 'restartPolicy');
  if (policy === '' || policy === 'Always') {
    return [required(path, 'valid values: "OnFailure", "Never"')];
  }
  if (policy !== 'OnFailure' && policy !== 'Never') {
    return [notSupported(path, policy, ['OnFailure', 'Never'])];
  }
  return spec['podFailurePolicy'] === undefined || policy === 'Never'
    ? []
    : [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}
