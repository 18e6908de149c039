import { fromLabelSelector } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType, StoreReader } from '../../contracts.ts';
import { objectAt } from '../../registry/json-read.ts';
import { fromStoredVersion } from '../../storage/version-reader.ts';
import type { ParamRef } from './admission-policy.ts';

/** A binding that does not fit what it is asked about. */
export class BindingError extends Error {
  override readonly name = 'BindingError';
  readonly code = 'INVALID_BINDING';
}

/**
 * The parameters that a binding refers to, by name: the policy is asked once with each.
 *
 * @param type of the parameters
 * @param namespace of the request
 * @throws BindingError when there are none and there should be, or the reference makes no sense here
 * @throws StatusError 500 when a webhook does not convert them
 */
export async function collectParams(
  ref: ParamRef,
  type: ResourceType,
  namespace: string | undefined,
  store: StoreReader,
): Promise<readonly JsonObject[]> {
  const found = findParams(ref, type, namespaceOf(ref, type, namespace), store);
  if (found.length === 0 && ref.isRequired) {
    throw new BindingError(
      'no params found for policy binding with `Deny` parameterNotFoundAction',
    );
  }
  return Promise.all(
    found.map(async (stored) => ({
      ...(await fromStoredVersion(type, stored)),
      apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
      kind: type.kind,
    })),
  );
}

function namespaceOf(
  ref: ParamRef,
  type: ResourceType,
  namespace: string | undefined,
): string | undefined {
  if (type.scope === 'Cluster') {
    if (ref.namespace === '') return undefined;
    throw new BindingError(
      'paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    );
  }
  if (ref.namespace !== '') return ref.namespace;
  if (namespace !== undefined && namespace !== '') return namespace;
  throw new BindingError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
}

function findParams(
  { name, selector }: ParamRef,
  { storageKey }: ResourceType,
  namespace: string | undefined,
  store: StoreReader,
): readonly JsonObject[] {
  if (name !== '') {
    const object = store.get(storageKey, namespace, name);
    return object === undefined ? [] : [object];
  }
  // Stored bindings have been decoded and validated.
  const wanted = fromLabelSelector(selector ?? {});
  return store.list(storageKey, namespace).filter((object) =>
    // Labels are texts in an object that has been decoded.
    wanted.matches(objectAt(objectAt(object, 'metadata'), 'labels') as Record<string, string>),
  );
}
