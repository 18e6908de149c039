import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { required, type FieldError } from '../../field-error.ts';
import { numberAt } from '../json-read.ts';
import { immutable, nonNegative } from '../validation/value-rules.ts';

function validateData(data: unknown): FieldError[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')];
  return typeof data === 'object' && !Array.isArray(data)
    ? []
    : [required('data', 'data must be a valid JSON object')];
}

function validateNumber(object: JsonObject): FieldError[] {
  return nonNegative('revision', numberAt(object, 'revision'));
}

/** The behaviour of ControllerRevisions: what they keep stays as it is. */
export const controllerRevision: Partial<Strategy> = {
  validate: (object) => [...validateNumber(object), ...validateData(object['data'])],
  validateUpdate: (object, old) => [
    ...validateNumber(object),
    ...(deepEqual(object['data'], old['data']) ? [] : [immutable('data', object['data'])]),
  ],
};
