import type { JsonObject, Strategy } from '../../contracts.ts';
import { type FieldError, invalid } from '../../field-error.ts';
import { objectAt } from '../json-read.ts';
import { validateSelector } from '../validation/selector-rules.ts';
import { validateIntOrPercent } from '../validation/workload-rules.ts';

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
  return [
    ...errors,
    ...validateIntOrPercent('spec.minAvailable', minAvailable),
    ...validateIntOrPercent('spec.maxUnavailable', maxUnavailable),
    ...validateSelector('spec.selector', selector ?? {}),
  ];
}

/** The behaviour of PodDisruptionBudgets. */
export const podDisruptionBudget: Partial<Strategy> = {
  validate: validateBudget,
  validateUpdate: validateBudget,
};
