import type { JsonObject, Strategy } from '../../contracts.ts';
import type { FieldError } from '../../field-error.ts';
import { objectAt, textAt } from '../json-read.ts';
import { validateDeviceClassSpec, validateResourceSliceSpec } from '../validation/device-rules.ts';
import { immutable } from '../validation/value-rules.ts';

const validateClass = (object: JsonObject) => validateDeviceClassSpec(objectAt(object, 'spec'));

/** The behaviour of DeviceClasses. What their expressions say is not looked at. */
export const deviceClass: Partial<Strategy> = {
  hasGeneration: true,
  validate: validateClass,
  validateUpdate: validateClass,
};

/** Of which devices a slice tells stays. */
function lockErrors(spec: JsonObject, before: JsonObject): FieldError[] {
  const name = textAt(objectAt(spec, 'pool'), 'name');
  return [
    ...(name === textAt(objectAt(before, 'pool'), 'name')
      ? []
      : [immutable('spec.pool.name', name)]),
    ...['driver', 'nodeName'].flatMap((member) =>
      spec[member] === before[member] ? [] : [immutable(`spec.${member}`, spec[member])],
    ),
  ];
}

/** The behaviour of ResourceSlices, but for capacities, counters and taints of devices. */
export const resourceSlice: Partial<Strategy> = {
  hasGeneration: true,
  validate: (object) => validateResourceSliceSpec(objectAt(object, 'spec')),
  validateUpdate(object, old) {
    const [spec, before] = [objectAt(object, 'spec'), objectAt(old, 'spec')];
    return validateResourceSliceSpec(spec, lockErrors(spec, before));
  },
};
