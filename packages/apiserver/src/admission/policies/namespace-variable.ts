import type { CelInput } from '@bufbuild/cel';
import { fromAny } from '../../cel/cel-values.ts';
import { objectAt } from '../../registry/json-read.ts';
import { notFound } from '../../status.ts';
import type { AdmissionAttributes } from '../chain.ts';

/** Metadata that expressions are not shown. */
const HIDDEN = new Set(['managedFields', 'ownerReferences', 'selfLink']);

/**
 * The variable `namespaceObject`: the namespace that a request is in; null for a cluster-scoped object.
 *
 * @throws StatusError 404 when the namespace does not exist
 */
export function namespaceVariable({ type, namespace, store }: AdmissionAttributes): CelInput {
  // A namespace is no object of a namespace, although requests for it name one.
  if (namespace === undefined || type.storageKey === 'namespaces') return null;
  const found = store.get('namespaces', undefined, namespace);
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  const metadata = Object.fromEntries(
    Object.entries(objectAt(found, 'metadata')).filter(([member]) => !HIDDEN.has(member)),
  );
  return fromAny({ metadata, spec: objectAt(found, 'spec'), status: objectAt(found, 'status') });
}
