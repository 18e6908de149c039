import type { JsonObject, Strategy } from '../../contracts.ts';
import { type FieldError, invalid } from '../../field-error.ts';
import { numberAt, objectAt } from '../json-read.ts';

function validateLease(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors: FieldError[] = [];
  const duration = numberAt(spec, 'leaseDurationSeconds');
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  const transitions = numberAt(spec, 'leaseTransitions');
  if (transitions !== undefined && transitions < 0) {
    errors.push(
      invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'),
    );
  }
  return errors;
}

/** The behaviour of Leases. */
export const lease: Partial<Strategy> = {
  validate: validateLease,
  validateUpdate: validateLease,
};
