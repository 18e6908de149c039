import type { ResourceType, ServerResponse } from '../contracts.ts';
import { badRequest, failure } from '../status.ts';
import { create } from './create.ts';
import { deleteCollection } from './delete-collection.ts';
import { deleteOne } from './delete.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import type { RequestInfo } from './request-info.ts';
import type { Operation } from './services.ts';
import { createNamedBinding } from './subresources/binding.ts';
import { SUBRESOURCES } from './subresources/index.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

/** Answers one request for a resource. @throws StatusError */
export type Verb = (operation: Operation) => Promise<ServerResponse>;

const VERBS: Readonly<Record<string, Verb>> = {
  get: async (operation) => get(operation),
  list: async (operation) => list(operation),
  watch: async (operation) => watch(operation),
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
};

/** Verbs of objects: their URL has a name. */
const NAMED = new Set(['get', 'update', 'patch', 'delete']);

/** The refusal of a method that a resource does not have. */
export function notAllowed(): Error {
  return failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

/** 404 for a path that leads to nothing that is served. */
export function unknownResource(): Error {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** Whether a path of this shape is served for a resource, by whatever method. */
function isRouted(type: ResourceType, info: RequestInfo, isNamed: boolean): boolean {
  const { subresource, rest, isInNamespace, isWatchPath } = info;
  if (rest.length > 0) return false;
  if (type.scope === 'Cluster' ? isInNamespace : isNamed && !isInNamespace) return false;
  if (isWatchPath) return subresource === '' && type.verbs.includes('watch');
  return subresource === '' || (isNamed && type.subresources.has(subresource));
}

/**
 * The function that answers a request.
 *
 * @param method of HTTP
 * @throws StatusError 404 when no request to this path is answered, 405 when none of this method, 400 for an object
 * whose namespace is left empty
 */
export function verbOf(type: ResourceType, info: RequestInfo, method: string): Verb {
  const { verb, subresource, name } = info;
  // Of a selection of one object `name` is its name, although the path has none.
  const isNamed = name !== '' && (NAMED.has(verb) || verb === 'create' || info.isWatchPath);
  if (!isRouted(type, info, isNamed)) throw unknownResource();
  if (method === 'HEAD' || (info.isWatchPath && method !== 'GET')) throw notAllowed();
  if (subresource !== '') {
    const isServed = type.subresources.get(subresource)?.verbs.includes(verb) ?? false;
    const handlers = SUBRESOURCES[subresource];
    const handler = handlers?.[verb];
    if (!isServed || handler === undefined) throw notAllowed();
    checkNamespace(type, info);
    return handler;
  }
  const handler = isBinding(type, verb) ? createNamedBinding : VERBS[verb];
  if (handler === undefined || !type.verbs.includes(verb)) throw notAllowed();
  if (verb === 'create' ? isNamed : NAMED.has(verb) !== isNamed && !info.isWatchPath) {
    throw notAllowed();
  }
  // Through all namespaces one can only look.
  const isWrite = verb === 'create' || verb === 'deletecollection';
  if (isWrite && type.scope === 'Namespaced' && !info.isInNamespace) throw notAllowed();
  if (NAMED.has(verb)) checkNamespace(type, info);
  return handler;
}

/** Whether a request makes a binding, which is no object to keep. */
function isBinding(type: ResourceType, verb: string): boolean {
  return type.group === '' && type.plural === 'bindings' && verb === 'create';
}

/** @throws StatusError 400 for an object whose namespace is left empty in the path */
function checkNamespace(type: ResourceType, { namespace }: RequestInfo): void {
  if (type.scope === 'Namespaced' && namespace === '') {
    throw badRequest('Namespace parameter required.');
  }
}
