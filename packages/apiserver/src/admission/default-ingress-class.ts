import { ensureObject, objectAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';
import { defaultClass } from './default-class.ts';

/** Ingresses that name no class, also not in the old way, get the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  admit({ operation, type, subresource, object, store }) {
    if (operation !== 'CREATE' || type.storageKey !== 'ingresses.networking.k8s.io') return;
    if (subresource !== '' || object === undefined) return;
    const spec = ensureObject(object, 'spec');
    const annotations = objectAt(objectAt(object, 'metadata'), 'annotations');
    const isChosen =
      spec['ingressClassName'] !== undefined ||
      annotations['kubernetes.io/ingress.class'] !== undefined;
    if (isChosen) return;
    const name = defaultClass(store, 'ingressclasses.networking.k8s.io', [
      'ingressclass.kubernetes.io/is-default-class',
    ]);
    if (name !== undefined) spec['ingressClassName'] = name;
  },
};
