import { deepEqual, fromLabelSelector } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../json-read.ts';
import { validatePodSpec } from '../pods/validate-pod-spec.ts';
import { isEmptySelector, validateLabels, validateSelector } from './selector-rules.ts';
import { immutable, nonNegative } from './value-rules.ts';

/** Rules for a pod template. */
export function validateTemplate(path: string, template: JsonObject): FieldError[] {
  const metadata = objectAt(template, 'metadata');
  return [
    ...validateLabels(`${path}.labels`, objectAt(metadata, 'labels')),
    ...validatePodSpec(`${path}.spec`, objectAt(template, 'spec')),
  ];
}

/** Rules for a selector that must be there and choose the pods of its own template. */
export function validateWorkloadSelector(spec: JsonObject, kind: string): FieldError[] {
  const selector = spec['selector'] as JsonObject | null | undefined;
  if (selector === undefined || selector === null) return [required('spec.selector')];
  const errors = validateSelector('spec.selector', selector);
  if (errors.length > 0) {
    errors.push(invalid('spec.selector', selector, 'invalid label selector'));
  }
  if (isEmptySelector(selector)) {
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  return errors;
}

function validateSelectorMatch(
  selector: JsonObject | null | undefined,
  template: JsonObject,
): FieldError[] {
  const labels = objectAt(template, 'metadata')['labels'] as JsonObject | undefined;
  const path = 'spec.template.metadata.labels';
  const mismatch = [invalid(path, labels, '`selector` does not match template `labels`')];
  if (selector === undefined || selector === null) return mismatch;
  if (isEmptySelector(selector)) return [];
  // What is wrong with the selector itself is told elsewhere.
  if (validateSelector('', selector).length > 0) return [];
  // Decoded: a selector and labels of the declared types.
  const matches = fromLabelSelector(selector).matches(labels ?? {});
  return matches ? [] : mismatch;
}

/**
 * Rules for a template whose pods must be chosen by the selector beside it and run for ever.
 *
 * @param kind what messages name; Deployments are told what ReplicaSets are.
 */
export function validateWorkloadTemplate(spec: JsonObject, kind = 'ReplicaSet'): FieldError[] {
  const template = objectAt(spec, 'template');
  const selector = spec['selector'] as JsonObject | null | undefined;
  const errors = validateSelectorMatch(selector, template);
  errors.push(...validateTemplate('spec.template', template));
  const policy = textAt(objectAt(template, 'spec'), 'restartPolicy');
  if (policy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  const deadline = numberAt(objectAt(template, 'spec'), 'activeDeadlineSeconds');
  if (deadline !== undefined) {
    errors.push(
      forbidden(
        'spec.template.spec.activeDeadlineSeconds',
        `activeDeadlineSeconds in ${kind} is not Supported`,
      ),
    );
  }
  return errors;
}

/** Rules for numbers that count pods or seconds. */
export function validateCounts(spec: JsonObject, names: readonly string[]): FieldError[] {
  return names.flatMap((name) => nonNegative(`spec.${name}`, numberAt(spec, name)));
}

/** The selector of a workload stays what it was. */
export function validateSelectorUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const selector: unknown = objectAt(object, 'spec')['selector'];
  return deepEqual(selector, objectAt(old, 'spec')['selector'])
    ? []
    : [immutable('spec.selector', selector)];
}

/** A number of pods, absolute or in percent. */
export function validateIntOrPercent(path: string, value: unknown): FieldError[] {
  if (typeof value === 'number') return nonNegative(path, value);
  if (typeof value !== 'string') return [];
  return /^[0-9]+%$/.test(value)
    ? []
    : [
        invalid(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ];
}

/** The number in a count or percentage, for "may not both be 0". */
export function magnitude(value: unknown): number {
  return typeof value === 'number' ? value : Number.parseInt(String(value), 10);
}
