import { keyOfName, parseKey, type KubernetesObject } from '@kubewright/apimachinery';

/** Asks a controller to look at one object. What happened to it is not part of it: the cache knows how things are now. */
export interface Request {
  /** Undefined for a cluster-scoped object. */
  readonly namespace?: string | undefined;
  /** Name of the object. */
  readonly name: string;
}

/** The request for an object. */
export function requestFor(object: {
  readonly metadata: {
    readonly namespace?: KubernetesObject['metadata']['namespace'];
    readonly name?: KubernetesObject['metadata']['name'];
  };
}): Request {
  const { namespace, name = '' } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** The key of a request in a work queue. */
export function keyOfRequest(request: Request): string {
  return keyOfName(request.namespace, request.name);
}

/** The request that a key stands for. */
export function requestOfKey(key: string): Request {
  return parseKey(key);
}
