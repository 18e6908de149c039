import { objectAt } from '../registry/json-read.ts';
import { forbiddenError } from '../status.ts';
import type { AdmissionPlugin } from './chain.ts';

/** A custom resource whose definition is being deleted takes no new objects: the clean-up would never end. */
export const terminatingDefinition: AdmissionPlugin = {
  name: 'CustomResourceDefinitionTerminating',
  admit({ operation, type, name, store }) {
    if (operation !== 'CREATE' || type.origin !== 'custom') return;
    const definition = store.get(
      'customresourcedefinitions.apiextensions.k8s.io',
      undefined,
      `${type.plural}.${type.group}`,
    );
    if (objectAt(definition ?? {}, 'metadata')['deletionTimestamp'] === undefined) return;
    throw forbiddenError(
      type,
      name,
      'create not allowed while custom resource definition is terminating',
    );
  },
};
