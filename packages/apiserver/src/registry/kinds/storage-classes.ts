import type { JsonObject, Strategy } from '../../contracts.ts';
import { notSupported, required, type FieldError } from '../../field-error.ts';
import { ensureObject, setDefault, setDefaultText, textAt } from '../json-read.ts';
import { qualifiedName } from '../validation/value-rules.ts';

const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

function choice(object: JsonObject, field: string, choices: readonly string[]): FieldError[] {
  const value = textAt(object, field);
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

function validateStorageClass(object: JsonObject): FieldError[] {
  const provisioner = textAt(object, 'provisioner');
  return [
    ...(provisioner === ''
      ? [required('provisioner')]
      : qualifiedName('provisioner', provisioner.toLowerCase())),
    ...choice(object, 'reclaimPolicy', RECLAIM_POLICIES),
    ...choice(object, 'volumeBindingMode', BINDING_MODES),
  ];
}

/** The behaviour of StorageClasses. */
export const storageClass: Partial<Strategy> = {
  applyDefaults(object) {
    setDefaultText(object, 'reclaimPolicy', 'Delete');
    setDefaultText(object, 'volumeBindingMode', 'Immediate');
  },
  validate: validateStorageClass,
};

/** The behaviour of CSIDrivers. */
export const csiDriver: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'attachRequired', true);
    for (const flag of ['podInfoOnMount', 'requiresRepublish', 'seLinuxMount', 'storageCapacity']) {
      setDefault(spec, flag, false);
    }
    setDefaultText(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    setDefault(spec, 'volumeLifecycleModes', ['Persistent']);
  },
};
