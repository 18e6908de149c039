import { ensureObject, objectAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';
import { defaultClass } from './default-class.ts';

const CLASSES = 'storageclasses.storage.k8s.io';
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

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
    const name = defaultClass(store, CLASSES, DEFAULT_ANNOTATIONS);
    if (name !== undefined) spec['storageClassName'] = name;
  },
};
