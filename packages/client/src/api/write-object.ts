import type { KubernetesObject, NamespacedName, Resource, Stored } from '@kubewright/apimachinery';
import type { ApiRequest } from './api-caller.ts';
import type { ClientContext } from './client-context.ts';
import { withQuery, type Query } from './query.ts';
import { readObject } from './read-object.ts';
import { namespaceFor, targetOf } from './target.ts';
import type {
  ApplyConfiguration,
  ApplyOptions,
  Patch,
  PatchOptions,
  WriteOptions,
} from './write-options.ts';

/** An object that is written: its metadata names it. */
interface Named {
  readonly metadata: {
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
  };
}

/** Creates an object. */
export async function createObject<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  object: T,
  options: WriteOptions = {},
): Promise<Stored<T>> {
  const { subresource } = options;
  const namespace = namespaceOf(context, resource, object, options);
  const target = targetOf(resource, {
    verb: 'create',
    namespace,
    // A subresource belongs to an object that exists.
    ...(subresource === undefined ? {} : { name: nameOf(resource, object), subresource }),
  });
  const { name, generateName } = object.metadata;
  const shown = name ?? `${generateName ?? ''}…`;
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  return readObject(context, resource, {
    ...target,
    attempt: `create ${resource.kind}${subresource === undefined ? '' : `/${subresource}`} ${prefix}${shown}`,
    method: 'POST',
    path: withQuery(target.path, writeQuery(context, options)),
    ...jsonBody(withType(resource, object)),
    signal: options.signal,
  });
}

/** Options of {@link updateObject}. */
export interface UpdateOptions extends WriteOptions {
  /** Type of the body, where it is not that of the resource. */
  readonly type?: ObjectType;
}

/** What a body says it is. */
interface ObjectType {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Replaces an object, or one of its subresources. */
export async function updateObject<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  object: T,
  options: UpdateOptions = {},
): Promise<Stored<T>> {
  const target = targetOf(resource, {
    verb: 'update',
    namespace: namespaceOf(context, resource, object, options),
    name: nameOf(resource, object),
    subresource: options.subresource,
  });
  return readObject(context, resource, {
    ...target,
    method: 'PUT',
    path: withQuery(target.path, writeQuery(context, options)),
    ...jsonBody(withType(options.type ?? resource, object)),
    signal: options.signal,
  });
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const satisfies Record<Patch['type'], string>;

/** Changes an object, or one of its subresources. */
export async function patchObject<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  ref: NamespacedName,
  patch: Patch,
  options: PatchOptions = {},
): Promise<Stored<T>> {
  const target = targetOf(resource, {
    verb: 'patch',
    namespace: namespaceFor(resource, ref.namespace ?? options.namespace, context.namespace),
    name: ref.name,
    subresource: options.subresource,
  });
  return readObject(context, resource, {
    ...target,
    method: 'PATCH',
    path: withQuery(target.path, writeQuery(context, options)),
    ...jsonBody(patch.type === 'json' ? patch.operations : patch.body, patchTypes[patch.type]),
    signal: options.signal,
  });
}

/** States what one field manager wants of an object (server-side apply); creates it where it does not exist. */
export async function applyObject<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  object: ApplyConfiguration<T>,
  options: ApplyOptions = {},
): Promise<Stored<T>> {
  const target = targetOf(resource, {
    verb: 'apply',
    namespace: namespaceOf(context, resource, object, options),
    name: nameOf(resource, object),
    subresource: options.subresource,
  });
  return readObject(context, resource, {
    ...target,
    method: 'PATCH',
    path: withQuery(target.path, {
      ...writeQuery(context, options),
      force: options.force === true ? true : undefined,
    }),
    ...jsonBody(withType(resource, object), 'application/apply-patch+yaml'),
    signal: options.signal,
  });
}

/** The query parameters all writes have. */
export function writeQuery(context: ClientContext, options: WriteOptions): Query {
  return {
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager ?? context.fieldManager,
    fieldValidation: options.fieldValidation ?? context.fieldValidation,
  };
}

/** Body and content type of a request that sends JSON. */
export function jsonBody(
  value: unknown,
  contentType = 'application/json',
): Pick<ApiRequest, 'body' | 'headers'> {
  return { body: JSON.stringify(value), headers: { 'content-type': contentType } };
}

function withType({ apiVersion, kind }: ObjectType, object: object): object {
  return { ...object, apiVersion, kind };
}

function nameOf<T extends KubernetesObject>(resource: Resource<T>, object: Named): string {
  const { name } = object.metadata;
  if (name === undefined || name === '') {
    throw new TypeError(`the ${resource.kind} has no metadata.name`);
  }
  return name;
}

/** The namespace of an object that is written. */
export function namespaceOf<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  object: Named,
  options: WriteOptions,
): string | undefined {
  const own = object.metadata.namespace;
  if (own !== undefined && options.namespace !== undefined && own !== options.namespace) {
    throw new TypeError(
      `the ${resource.kind} says namespace "${own}", the options say "${options.namespace}"`,
    );
  }
  return namespaceFor(resource, own ?? options.namespace, context.namespace);
}
