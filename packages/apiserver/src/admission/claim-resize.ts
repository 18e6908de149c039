import { requestedBytes } from '../registry/kinds/volume-claims.ts';
import { objectAt, textAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

/** Claims grow only when they are bound and their class allows it. */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate(attributes) {
    const { operation, type, subresource, object, old, store } = attributes;
    if (operation !== 'UPDATE' || type.storageKey !== 'persistentvolumeclaims') return;
    if (subresource !== '' || object === undefined || old === undefined) return;
    if (requestedBytes(object) <= requestedBytes(old)) return;
    if (textAt(objectAt(old, 'status'), 'phase') !== 'Bound') {
      throw refusal(attributes, 'Only bound persistent volume claims can be expanded');
    }
    const className = textAt(objectAt(object, 'spec'), 'storageClassName');
    const storageClass = store.get('storageclasses.storage.k8s.io', undefined, className);
    if (className === '' || storageClass?.['allowVolumeExpansion'] !== true) {
      throw refusal(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    }
  },
};
