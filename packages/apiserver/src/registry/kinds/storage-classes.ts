import type { Strategy } from '../../contracts.ts';
import { required } from '../../field-error.ts';
import { ensureObject, setDefault, setDefaultText, textAt } from '../json-read.ts';

/** The behaviour of StorageClasses. */
export const storageClass: Partial<Strategy> = {
  applyDefaults(object) {
    setDefaultText(object, 'reclaimPolicy', 'Delete');
    setDefaultText(object, 'volumeBindingMode', 'Immediate');
  },
  validate: (object) => (textAt(object, 'provisioner') === '' ? [required('provisioner')] : []),
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
