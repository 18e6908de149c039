import {
  resourcePath,
  type KubernetesObject,
  type ListMeta,
  type ObjectList,
  type Resource,
  type Scale,
  type Status,
  type Stored,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@kubewright/apimachinery';
import { Caller, type RequestSample } from './caller.ts';
import { decoderFor } from './decode/decoder.ts';
import { readList } from './decode/list-reader.ts';
import { splitLines } from './decode/split-lines.ts';
import type {
  ApplyConfiguration,
  ApplyOptions,
  DeleteAllOfOptions,
  DeleteOptions,
  FieldValidation,
  GetOptions,
  ListAllOptions,
  ListOptions,
  ObjectReference,
  Patch,
  PatchOptions,
  Selection,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './options.ts';
import { queryOf } from './query.ts';
import type { RetryOptions } from './retry.ts';

/** Options of a {@link Client}. */
export interface ClientOptions {
  /** How requests reach the server. The client closes it. */
  readonly transport: Transport;
  /** Namespace for objects of namespaced resources whose call names none; lists and watches are not affected. Default `default`. */
  readonly namespace?: string | undefined;
  /** Name under which the server notes written fields. Default `kubewright`. */
  readonly fieldManager?: string | undefined;
  /** Default `kubewright`. */
  readonly userAgent?: string | undefined;
  /** Default `Strict`: a misspelt field is an error, not silence. */
  readonly fieldValidation?: FieldValidation | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Longest item of a list or event of a watch, in bytes. Default 64 MiB. */
  readonly maxItemBytes?: number | undefined;
  /** Keep `metadata.managedFields` of listed and watched objects. Default false. */
  readonly keepManagedFields?: boolean | undefined;
  /** Told of each request when its answer, or the lack of one, is there. */
  readonly onRequest?: ((sample: RequestSample) => void) | undefined;
  /** Told of each warning the server sends, with what was tried. */
  readonly onWarning?: ((text: string, attempt: string) => void) | undefined;
}

/** A list whose items are decoded one by one while the answer streams. */
export interface ListStream<T extends KubernetesObject> {
  /** The items, once. Leaving the loop early ends the request. */
  readonly items: AsyncIterable<Stored<T>>;
  /** Metadata of the list; settles when the last item has been read, rejects when reading failed. */
  readonly metadata: Promise<ListMeta>;
}

const defaultMaxItemBytes = 64 * 1024 * 1024;
const defaultPageSize = 500;

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/**
 * Typed access to an API server. Objects are plain JSON; timestamps stay strings.
 *
 * Guarantees: a refusal is a `StatusError` whose message names the call and the object; 429 and 503 are tried again as
 * the server asks; a call that may have been carried out is never sent twice unless doing so is harmless.
 */
export class Client {
  readonly transport: Transport;
  readonly namespace: string;
  readonly #caller: Caller;
  readonly #fieldManager: string;
  readonly #fieldValidation: FieldValidation;
  readonly #maxItemBytes: number;
  readonly #keepManagedFields: boolean;

  constructor(options: ClientOptions) {
    this.transport = options.transport;
    this.namespace = options.namespace ?? 'default';
    this.#caller = new Caller({ ...options, userAgent: options.userAgent ?? 'kubewright' });
    this.#fieldManager = options.fieldManager ?? 'kubewright';
    this.#fieldValidation = options.fieldValidation ?? 'Strict';
    this.#maxItemBytes = options.maxItemBytes ?? defaultMaxItemBytes;
    this.#keepManagedFields = options.keepManagedFields ?? false;
  }

  /** Reads one object. */
  async get<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectReference,
    options: GetOptions & { readonly subresource?: string | undefined } = {},
  ): Promise<Stored<T>> {
    const { subresource, resourceVersion, signal } = options;
    return this.#caller.json({
      method: 'GET',
      path: this.#pathOf(resource, ref, subresource) + queryOf({ resourceVersion }),
      attempt: attemptOf('get', resource, ref, this.#namespaceOf(resource, ref.namespace)),
      ...signalOf(signal),
    });
  }

  /** Reads many objects in one answer. */
  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<ObjectList<Stored<T>>> {
    const { items, metadata } = await this.listStream(resource, options);
    const list: Stored<T>[] = [];
    for await (const item of items) list.push(item);
    return {
      apiVersion: resource.apiVersion,
      kind: resource.listKind,
      metadata: await metadata,
      items: list,
    };
  }

  /** Reads many objects, decoding one after the other while the answer streams. */
  async listStream<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<ListStream<T>> {
    const { namespace, signal, ...query } = options;
    const response = await this.#caller.send({
      method: 'GET',
      path: resourcePath(resource, { namespace }) + queryOf(query),
      attempt: attemptOf('list', resource, {}, namespace),
      ...signalOf(signal),
    });
    const decoder = decoderFor(resource, { keepManagedFields: this.#keepManagedFields });
    const maxBytes = this.#maxItemBytes;
    const metadata = Promise.withResolvers<ListMeta>();
    metadata.promise.catch(() => undefined); // who reads the items sees the error too
    async function* items(): AsyncGenerator<Stored<T>, void, undefined> {
      try {
        const reader = readList(response.body, maxBytes);
        for (let next = await reader.next(); ; next = await reader.next()) {
          if (next.done === true) {
            metadata.resolve(next.value.metadata ?? {});
            return;
          }
          yield decoder.item(next.value);
        }
      } catch (error) {
        metadata.reject(error);
        throw error;
      } finally {
        metadata.reject(new Error(`list ${resource.plural}: the items were not read to the end`));
      }
    }
    return { items: items(), metadata: metadata.promise };
  }

  /**
   * Reads all objects in pages.
   *
   * Caveats: a page token expires after some minutes. The reading then goes on with what the server offers in
   * its place, a token whose later pages are of a newer state; without one it rejects with the `StatusError`.
   */
  async *listAll<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ListAllOptions = {},
  ): AsyncGenerator<Stored<T>, void, undefined> {
    const { pageSize = defaultPageSize, ...rest } = options;
    let token: string | undefined;
    do {
      const first =
        token === undefined
          ? rest
          : { ...rest, resourceVersion: undefined, resourceVersionMatch: undefined };
      const page = await this.#page(resource, { ...first, limit: pageSize, continue: token });
      yield* page.items;
      token = page.metadata.continue;
    } while (token !== undefined && token !== '');
  }

  async #page<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ListOptions,
  ): Promise<ObjectList<Stored<T>>> {
    try {
      return await this.list(resource, options);
    } catch (error) {
      const token = continueTokenIn(error);
      if (token === undefined || options.continue === undefined) throw error;
      return this.list(resource, { ...options, continue: token });
    }
  }

  /**
   * Follows changes until the server ends the watch, as it does every few minutes, or the signal is aborted.
   * One watch, nothing more: informers add resuming, listing again and backing off.
   *
   * @throws StatusError when the server refuses the watch or ends it with an error (410: list again).
   * @throws DecodeError when a line cannot be read: nothing is left out in silence.
   */
  async *watch<T extends KubernetesObject>(
    resource: Resource<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<Stored<T>>, void, undefined> {
    const { namespace, signal, allowBookmarks = true, sendInitialEvents, ...query } = options;
    const initial =
      sendInitialEvents === true ? { sendInitialEvents, resourceVersionMatch: 'NotOlderThan' } : {};
    const response = await this.#caller.send({
      method: 'GET',
      path:
        resourcePath(resource, { namespace }) +
        queryOf({ watch: true, allowWatchBookmarks: allowBookmarks, ...query, ...initial }),
      attempt: attemptOf('watch', resource, {}, namespace),
      longLived: true,
      ...signalOf(signal),
    });
    const decoder = decoderFor(resource, { keepManagedFields: this.#keepManagedFields });
    for await (const line of splitLines(response.body, this.#maxItemBytes))
      yield decoder.event(line);
  }

  /** Makes an object. With `metadata.generateName` the server chooses the name. */
  async create<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const { name, namespace } = object.metadata;
    const inNamespace = this.#namespaceOf(resource, namespace ?? options.namespace);
    const path =
      options.subresource === undefined
        ? resourcePath(resource, { namespace: inNamespace })
        : resourcePath(resource, {
            namespace: inNamespace,
            name,
            subresource: options.subresource,
          });
    return this.#write(
      'POST',
      path,
      attemptOf(
        'create',
        resource,
        { name: name ?? `${object.metadata.generateName ?? ''}*` },
        inNamespace,
      ),
      typed(resource, object),
      options,
    );
  }

  /**
   * Replaces an object. With `metadata.resourceVersion`, as every object that was read has it, only
   * if it has not changed since (409 otherwise).
   */
  async update<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const ref = { name: nameOf(object), namespace: object.metadata.namespace ?? options.namespace };
    const attempt = attemptOf(
      `update${options.subresource === undefined ? '' : ` ${options.subresource} of`}`,
      resource,
      ref,
      this.#namespaceOf(resource, ref.namespace),
    );
    return this.#write(
      'PUT',
      this.#pathOf(resource, ref, options.subresource),
      attempt,
      typed(resource, object),
      options,
    );
  }

  /** Replaces the status of an object, and nothing else of it. */
  async updateStatus<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    return this.update(resource, object, { ...options, subresource: 'status' });
  }

  /** Changes parts of an object. */
  async patch<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectReference,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<Stored<T>> {
    const target = { ...ref, namespace: ref.namespace ?? options.namespace };
    const body = patch.type === 'json' ? patch.operations : patch.body;
    return this.#write(
      'PATCH',
      this.#pathOf(resource, target, options.subresource),
      attemptOf('patch', resource, target, this.#namespaceOf(resource, target.namespace)),
      body,
      options,
      {
        'content-type': patchTypes[patch.type],
      },
    );
  }

  /**
   * Server-side apply: makes the given fields so, and removes those this manager applied before and gives no more.
   *
   * @throws StatusError 409 when another manager owns a field and `force` is not set.
   */
  async apply<T extends KubernetesObject>(
    resource: Resource<T>,
    object: ApplyConfiguration<T> | T,
    options: ApplyOptions = {},
  ): Promise<Stored<T>> {
    const { force, ...write } = options;
    // The name is required by the type; the namespace is a plain string in every kind's metadata.
    const metadata = object.metadata as { name: string; namespace?: string };
    const ref = { name: metadata.name, namespace: metadata.namespace ?? options.namespace };
    return this.#write(
      'PATCH',
      this.#pathOf(resource, ref, options.subresource),
      attemptOf('apply', resource, ref, this.#namespaceOf(resource, ref.namespace)),
      typed(resource, object as object),
      write,
      {
        'content-type': 'application/apply-patch+yaml', // JSON is YAML
      },
      { force, isIdempotent: true },
    );
  }

  /** Deletes an object: the answer is the object while it is still going, a Status when it is gone. */
  async delete<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectReference,
    options: DeleteOptions = {},
  ): Promise<Stored<T> | Status> {
    return this.#caller.json({
      method: 'DELETE',
      path: this.#pathOf(resource, ref),
      attempt: attemptOf('delete', resource, ref, this.#namespaceOf(resource, ref.namespace)),
      ...deleteBody(options),
      ...signalOf(options.signal),
    });
  }

  /** Deletes all objects that match, in one namespace or, for cluster-scoped resources, in the cluster. */
  async deleteAllOf<T extends KubernetesObject>(
    resource: Resource<T>,
    options: DeleteAllOfOptions = {},
  ): Promise<void> {
    const { labelSelector, fieldSelector } = options;
    const namespace = this.#namespaceOf(resource, options.namespace);
    await this.#caller.json({
      method: 'DELETE',
      path:
        resourcePath(resource, { namespace }) +
        queryOf({ labelSelector, fieldSelector } satisfies Selection),
      attempt: attemptOf('delete all', resource, {}, namespace),
      ...deleteBody(options),
      ...signalOf(options.signal),
    });
  }

  /** Reads how many replicas an object has. */
  async getScale<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectReference,
    options: GetOptions = {},
  ): Promise<Scale> {
    // The scale subresource answers a Scale whatever the resource.
    return await this.get(resource, ref, {
      ...options,
      subresource: 'scale',
    });
  }

  /** Sets how many replicas an object should have. */
  async setScale<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectReference,
    replicas: number,
    options: PatchOptions = {},
  ): Promise<Scale> {
    const body = { spec: { replicas } };
    const answer = await this.patch(
      resource,
      ref,
      { type: 'merge', body },
      { ...options, subresource: 'scale' },
    );
    return answer; // as above
  }

  /**
   * Asks for the eviction of a pod: a deletion that disruption budgets may refuse.
   *
   * @throws StatusError 429 when a budget does not allow it now.
   */
  async evict(ref: ObjectReference, options: DeleteOptions = {}): Promise<void> {
    const namespace = ref.namespace ?? this.namespace;
    const { body } = deleteBody(options);
    await this.#caller.json({
      method: 'POST',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(ref.name)}/eviction`,
      attempt: `evict Pod ${namespace}/${ref.name}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: ref.name, namespace },
        // The options were just written by us.
        ...(body === undefined ? {} : { deleteOptions: JSON.parse(body) as unknown }),
      }),
      ...signalOf(options.signal),
    });
  }

  /** Sends any request: the answer of a success, whatever it is. */
  async raw(request: TransportRequest): Promise<TransportResponse> {
    return this.#caller.send({
      ...request,
      attempt: `${request.method} ${request.path.split('?', 1)[0] ?? ''}`,
    });
  }

  /** Sends any request and reads the JSON of its answer; the caller says of which type it is. */
  async rawJson<T>(request: TransportRequest): Promise<T> {
    return this.#caller.json<T>({
      ...request,
      attempt: `${request.method} ${request.path.split('?', 1)[0] ?? ''}`,
    });
  }

  /** Ends all connections; may be repeated. */
  async close(): Promise<void> {
    await this.transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #write<T extends KubernetesObject>(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    attempt: string,
    body: unknown,
    options: WriteOptions,
    headers: Record<string, string> = { 'content-type': 'application/json' },
    extra: { readonly force?: boolean | undefined; readonly isIdempotent?: boolean } = {},
  ): Promise<Stored<T>> {
    const query = queryOf({
      dryRun: options.dryRun === true ? 'All' : undefined,
      fieldManager: options.fieldManager ?? this.#fieldManager,
      fieldValidation: options.fieldValidation ?? this.#fieldValidation,
      force: extra.force,
    });
    return this.#caller.json({
      method,
      path: path + query,
      attempt,
      headers,
      body: JSON.stringify(body),
      ...(extra.isIdempotent === undefined ? {} : { isIdempotent: extra.isIdempotent }),
      ...signalOf(options.signal),
    });
  }

  #namespaceOf<T extends KubernetesObject>(
    resource: Resource<T>,
    namespace: string | undefined,
  ): string | undefined {
    return resource.scope === 'Cluster' ? undefined : (namespace ?? this.namespace);
  }

  #pathOf<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectReference,
    subresource?: string,
  ): string {
    return resourcePath(resource, {
      namespace: this.#namespaceOf(resource, ref.namespace),
      name: ref.name,
      subresource,
    });
  }
}

function attemptOf(
  verb: string,
  resource: Resource,
  ref: { readonly name?: string | undefined },
  namespace: string | undefined,
): string {
  if (ref.name === undefined)
    return `${verb} ${resource.plural}${namespace === undefined ? '' : ` in ${namespace}`}`;
  return `${verb} ${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${ref.name}`;
}

function nameOf(object: KubernetesObject): string {
  const { name } = object.metadata;
  if (name === undefined || name === '') throw new TypeError('the object has no metadata.name');
  return name;
}

/** The object with the group, version and kind of its resource; the caller's stays as it is. */
function typed(resource: Resource, object: object): object {
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind };
}

function signalOf(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function deleteBody(options: DeleteOptions): {
  readonly body?: string;
  readonly headers?: Record<string, string>;
} {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  const body = {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
  if (Object.keys(body).length === 0) return {};
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...body }),
  };
}

function continueTokenIn(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  if (typeof status !== 'object' || status === null || !('metadata' in status)) return undefined;
  const { metadata } = status;
  if (typeof metadata !== 'object' || metadata === null || !('continue' in metadata))
    return undefined;
  return typeof metadata.continue === 'string' && metadata.continue !== ''
    ? metadata.continue
    : undefined;
}
