import { setOrDelete } from '../../metadata/system-metadata.ts';
import { objectAt } from '../../registry/json-read.ts';
import type { Verb } from '../routes.ts';
import { preparedSubresource } from './prepared-subresource.ts';

/** PUT of `namespaces/finalize`: only `spec.finalizers` is taken; without any, a marked namespace goes. */
export const updateFinalizers: Verb = preparedSubresource('finalize', (_operation, object, old) => {
  const finalizers: unknown = objectAt(object, 'spec')['finalizers'];
  object['spec'] = { ...objectAt(old, 'spec') };
  setOrDelete(objectAt(object, 'spec'), 'finalizers', finalizers);
  setOrDelete(object, 'status', old['status']);
  return [];
}).update;
