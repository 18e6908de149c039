import type { JsonObject, Strategy } from '../../contracts.ts';
import { type FieldError, invalid, notSupported } from '../../field-error.ts';
import { objectAt } from '../json-read.ts';
import { validateSelector } from '../validation/selector-rules.ts';
import { validatePathSegment } from '../validation/value-rules.ts';
import { magnitude, validateIntOrPercent } from '../validation/workload-rules.ts';

const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** A number of pods, or a part of all. */
function validateShare(path: string, value: unknown): FieldError[] {
  const errors = validateIntOrPercent(path, value);
  const isTooMuch = typeof value === 'string' && errors.length === 0 && magnitude(value) > 100;
  return isTooMuch ? [invalid(path, value, 'must not be greater than 100%')] : errors;
}

function validateBudget(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const { minAvailable, maxUnavailable, selector } = spec as Record<string, unknown>;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const internal = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: (spec['unhealthyPodEvictionPolicy'] ?? null) as unknown,
    };
    errors.push(invalid('spec', internal, 'minAvailable and maxUnavailable cannot be both set'));
  }
  const policy: unknown = spec['unhealthyPodEvictionPolicy'];
  return [
    ...errors,
    ...validateShare('spec.minAvailable', minAvailable),
    ...validateShare('spec.maxUnavailable', maxUnavailable),
    ...validateSelector('spec.selector', selector ?? {}),
    ...(policy === undefined || POLICIES.some((known) => known === policy)
      ? []
      : [notSupported('spec.unhealthyPodEvictionPolicy', policy, POLICIES)]),
  ];
}

/** The behaviour of PodDisruptionBudgets. */
export const podDisruptionBudget: Partial<Strategy> = {
  checksMetadataLast: true,
  validateName: validatePathSegment,
  validate: validateBudget,
  validateUpdate: validateBudget,
};
