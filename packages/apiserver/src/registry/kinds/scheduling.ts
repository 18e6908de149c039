import type { JsonObject, Strategy } from '../../contracts.ts';
import { forbidden, notSupported, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, setDefaultText, textAt } from '../json-read.ts';

const MAX_VALUE = 1_000_000_000;
/** The classes that every cluster has. */
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};
const POLICIES = ['PreemptLowerPriority', 'Never'];

function validatePriorityClass(object: JsonObject): FieldError[] {
  const value = numberAt(object, 'value') ?? 0;
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const isOfSystem = name.startsWith('system-');
  const errors: FieldError[] = [];
  if (isOfSystem && SYSTEM_CLASSES[name] !== value) {
    const problem =
      SYSTEM_CLASSES[name] === undefined
        ? `${name} is not a known system priority class`
        : `value of ${name} PriorityClass must be ${SYSTEM_CLASSES[name]}`;
    errors.push(
      forbidden(
        'metadata.name',
        `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`,
      ),
    );
  }
  if (!isOfSystem && value > MAX_VALUE) {
    const text = `maximum allowed value of a user defined priority is ${MAX_VALUE}`;
    errors.push(forbidden('value', text));
  }
  const policy = textAt(object, 'preemptionPolicy');
  return POLICIES.includes(policy)
    ? errors
    : [...errors, notSupported('preemptionPolicy', policy, POLICIES)];
}

/** The behaviour of PriorityClasses. */
export const priorityClass: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults(object) {
    setDefaultText(object, 'preemptionPolicy', 'PreemptLowerPriority');
  },
  validate: validatePriorityClass,
};
