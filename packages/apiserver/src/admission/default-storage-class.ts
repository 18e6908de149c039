import { ensureObject, objectAt, textAt } from '../registry/json-read.ts';
import type { JsonObject } from '../contracts.ts';
import type { AdmissionPlugin } from './chain.ts';

const CLASSES = 'storageclasses.storage.k8s.io';
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

function isDefault(candidate: JsonObject): boolean {
  const annotations = objectAt(objectAt(candidate, 'metadata'), 'annotations');
  return DEFAULT_ANNOTATIONS.some((name) => annotations[name] === 'true');
}

/** Newest first, then by name. */
function byAge(left: JsonObject, right: JsonObject): number {
  const [a, b] = [objectAt(left, 'metadata'), objectAt(right, 'metadata')];
  const age = (of: JsonObject): number => Date.parse(textAt(of, 'creationTimestamp'));
  return age(b) - age(a) || (textAt(a, 'name') < textAt(b, 'name') ? -1 : 1);
}

/** Claims that name no class get the default one; the empty name means none and stays. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  admit({ operation, type, subresource, object, store }) {
    if (operation !== 'CREATE' || type.storageKey !== 'persistentvolumeclaims') return;
    if (subresource !== '' || object === undefined) return;
    const spec = ensureObject(object, 'spec');
    const annotations = objectAt(objectAt(object, 'metadata'), 'annotations');
    if (spec['storageClassName'] !== undefined || annotations[CLASS_ANNOTATION] !== undefined) {
      return;
    }
    const [chosen] = store.list(CLASSES).filter(isDefault).sort(byAge);
    if (chosen !== undefined) {
      spec['storageClassName'] = textAt(objectAt(chosen, 'metadata'), 'name');
    }
  },
};
