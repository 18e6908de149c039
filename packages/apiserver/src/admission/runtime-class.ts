import { deepEqual } from '@kubewright/apimachinery';
import { objectAt, textAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

const CLASSES = 'runtimeclasses.node.k8s.io';

/** A pod names a RuntimeClass that exists, and costs its node what the class says. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  admit(attributes) {
    const { operation, type, subresource, object, store } = attributes;
    if (operation !== 'CREATE' || type.storageKey !== 'pods' || subresource !== '') return;
    if (object === undefined) return;
    const spec = objectAt(object, 'spec');
    const name = textAt(spec, 'runtimeClassName');
    const chosen = name === '' ? undefined : store.get(CLASSES, undefined, name);
    if (name !== '' && chosen === undefined) {
      throw refusal(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    }
    const fixed = objectAt(objectAt(chosen ?? {}, 'overhead'), 'podFixed');
    const hasFixed = Object.keys(fixed).length > 0;
    const own = objectAt(spec, 'overhead');
    if (Object.keys(own).length > 0 && !deepEqual(own, fixed)) {
      const text = hasFixed
        ? "Pod's Overhead doesn't match RuntimeClass's defined Overhead"
        : 'Pod Overhead set without corresponding RuntimeClass defined Overhead';
      throw refusal(attributes, `pod rejected: ${text}`);
    }
    if (hasFixed) spec['overhead'] = structuredClone(fixed);
  },
};
