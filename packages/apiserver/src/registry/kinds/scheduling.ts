import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, setDefaultText, textAt } from '../json-read.ts';

function validatePriorityClass(object: JsonObject): FieldError[] {
  const value = numberAt(object, 'value') ?? 0;
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const max = 1_000_000_000;
  return name.startsWith('system-') || value <= max
    ? []
    : [forbidden('value', `maximum allowed value of a user defined priority is ${max}`)];
}

/** The behaviour of PriorityClasses. */
export const priorityClass: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults(object) {
    setDefaultText(object, 'preemptionPolicy', 'PreemptLowerPriority');
  },
  validate: validatePriorityClass,
};
