import { objectAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

/** A custom resource whose definition is being deleted takes no new objects: the clean-up would never end. */
export const terminatingDefinition: AdmissionPlugin = {
  name: 'CustomResourceDefinitionTerminating',
  admit(attributes) {
    const { operation, type, store } = attributes;
    if (operation !== 'CREATE' || type.origin !== 'custom') return;
    const definition = store.get(
      'customresourcedefinitions.apiextensions.k8s.io',
      undefined,
      `${type.plural}.${type.group}`,
    );
    if (objectAt(definition ?? {}, 'metadata')['deletionTimestamp'] === undefined) return;
    throw refusal(attributes, 'create not allowed while custom resource definition is terminating');
  },
};
