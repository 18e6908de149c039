import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';
import { withoutRedundant } from './redundant-tolerations.ts';

const CLASSES = 'runtimeclasses.node.k8s.io';

/** A pod names a RuntimeClass that exists, costs its node what the class says, and goes where that can run. */
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
    schedule(attributes, spec, objectAt(chosen ?? {}, 'scheduling'));
  },
};

/** Adds the labels that the nodes of a class have, and what it tolerates. @throws StatusError where the pod asks for other nodes */
function schedule(
  attributes: AdmissionAttributes,
  spec: JsonObject,
  { nodeSelector, tolerations }: JsonObject,
): void {
  if (nodeSelector !== undefined) {
    const own = objectAt(spec, 'nodeSelector');
    const ofClass = nodeSelector as Record<string, string>;
    for (const [key, value] of Object.entries(ofClass)) {
      const chosen = textAt(own, key);
      if (own[key] !== undefined && chosen !== value) {
        const text = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${chosen}`;
        throw refusal(attributes, text);
      }
    }
    spec['nodeSelector'] = { ...own, ...ofClass };
  }
  if (tolerations !== undefined) {
    const all = [...listAt(spec, 'tolerations'), ...(tolerations as JsonObject[])];
    spec['tolerations'] = withoutRedundant(all);
  }
}
