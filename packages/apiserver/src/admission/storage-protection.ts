import { ensureObject, stringsAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** Claims and volumes in use are not removed: a controller takes the finalizer away when nobody uses them. */
export const storageProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  admit({ operation, type, subresource, object }) {
    const finalizer = FINALIZERS[type.storageKey];
    if (operation !== 'CREATE' || subresource !== '') return;
    if (object === undefined || finalizer === undefined) return;
    const metadata = ensureObject(object, 'metadata');
    const finalizers = stringsAt(metadata, 'finalizers');
    if (!finalizers.includes(finalizer)) metadata['finalizers'] = [...finalizers, finalizer];
  },
};
