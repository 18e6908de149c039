import {
  groupResourceOf,
  resourcePath,
  type KubernetesObject,
  type Resource,
  type ResourcePathOptions,
} from '@kubewright/apimachinery';
import type { ApiRequest } from './api-caller.ts';

/** What a request is about. */
export interface Target extends ResourcePathOptions {
  /** The verb as in messages and metrics: `get`, `update`. */
  readonly verb: string;
}

/**
 * Path, pattern and description of a request to a resource: to one object where a name is given, else to all of them.
 *
 * @throws TypeError when the name is given as undefined, which only JavaScript or a cast allows: the request is meant for
 * one object, and without its name it would be for all. Also as `resourcePath`.
 */
export function targetOf<T extends KubernetesObject>(
  resource: Resource<T>,
  target: Target,
): Pick<ApiRequest, 'path' | 'pathPattern' | 'verb' | 'attempt' | 'resource'> {
  const { namespace, name, subresource, verb } = target;
  if (name === undefined && Object.hasOwn(target, 'name')) {
    throw new TypeError(`${verb} ${resource.kind}: the name is missing`);
  }
  return {
    path: resourcePath(resource, target),
    pathPattern: decodeURIComponent(
      resourcePath(resource, {
        namespace: namespace === undefined ? undefined : '{namespace}',
        name: name === undefined ? undefined : '{name}',
        subresource,
      }),
    ),
    verb,
    attempt: describe(resource, target),
    resource: groupResourceOf(resource),
  };
}

function describe<T extends KubernetesObject>(resource: Resource<T>, target: Target): string {
  const { namespace, name, subresource, verb } = target;
  if (name === undefined) {
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    return `${verb} ${groupResourceOf(resource)}${where}`;
  }
  const what = subresource === undefined ? resource.kind : `${resource.kind}/${subresource}`;
  return `${verb} ${what} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The namespace of a request for one object: none for a cluster-scoped kind, else the one asked for, else the client's. */
export function namespaceFor<T extends KubernetesObject>(
  resource: Resource<T>,
  asked: string | undefined,
  fallback: string,
): string | undefined {
  if (resource.scope === 'Cluster') return undefined;
  // The API takes an empty namespace for none.
  return asked === undefined || asked === '' ? fallback : asked;
}
