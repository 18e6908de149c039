import { validateDnsLabel } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, objectAt, stringsAt, textAt } from '../json-read.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

function labelWithName(object: JsonObject): void {
  const metadata = ensureObject(object, 'metadata');
  const name = textAt(metadata, 'name');
  if (name !== '') ensureObject(metadata, 'labels')[NAME_LABEL] = name;
}

/**
 * The behaviour of namespaces: deletion marks them as terminating; they go when their content is gone and the
 * finalizer in their spec was removed through the `finalize` subresource.
 */
export const namespace: Partial<Strategy> = {
  validateName: (name) => validateDnsLabel(name),
  applyDefaults: labelWithName,
  prepareForCreate(object) {
    labelWithName(object);
    object['status'] = { phase: 'Active' };
    const spec = ensureObject(object, 'spec');
    const finalizers = stringsAt(spec, 'finalizers');
    if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes'];
  },
  prepareForUpdate(object, old) {
    setOrDelete(object, 'spec', old['spec']);
    setOrDelete(object, 'status', old['status']);
  },
  holdsDeleted: (object) => stringsAt(objectAt(object, 'spec'), 'finalizers').length > 0,
  prepareForDeletion(object) {
    ensureObject(object, 'status')['phase'] = 'Terminating';
    // A namespace has no grace period, not even an empty one.
    delete ensureObject(object, 'metadata')['deletionGracePeriodSeconds'];
  },
};
