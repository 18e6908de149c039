import type { StatusError } from '@kubewright/apimachinery';
import { objectAt, textAt } from '../registry/json-read.ts';
import { forbiddenError } from '../status.ts';
import type { AdmissionAttributes } from './chain.ts';

/** The 403 of an admission step. An object whose name is still to be generated is named by the beginning of it. */
export function refusal({ type, name, object }: AdmissionAttributes, detail: string): StatusError {
  const generateName = textAt(objectAt(object ?? {}, 'metadata'), 'generateName');
  return forbiddenError(type, name || generateName, detail);
}
