import type { ResourceType, ServerResponse } from '../contracts.ts';
import { failure } from '../status.ts';
import { create } from './create.ts';
import { deleteCollection } from './delete-collection.ts';
import { deleteOne } from './delete.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import type { RequestInfo } from './request-info.ts';
import type { Operation } from './services.ts';
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

/** The function that answers a request. @throws StatusError 405 when the resource has no such verb */
export function verbOf(type: ResourceType, info: RequestInfo): Verb {
  const { verb, subresource, name } = info;
  if (subresource !== '') {
    const isServed = type.subresources.get(subresource)?.verbs.includes(verb) ?? false;
    const handlers = SUBRESOURCES[subresource];
    const handler = handlers?.[verb];
    if (!isServed || handler === undefined) throw notAllowed();
    return handler;
  }
  const handler = VERBS[verb];
  if (handler === undefined || !type.verbs.includes(verb)) throw notAllowed();
  const isNamed = NAMED.has(verb);
  // A watch or list with a name in the path is the old form of a watch on one object.
  if (
    isNamed !== (name !== '') &&
    verb !== 'watch' &&
    verb !== 'list' &&
    verb !== 'deletecollection'
  ) {
    throw notAllowed();
  }
  if (verb === 'create' && type.scope === 'Namespaced' && info.namespace === '') throw notAllowed();
  if (isNamed && type.scope === 'Namespaced' && info.namespace === '') throw notAllowed();
  return handler;
}
