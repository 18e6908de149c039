import type { Duplex } from 'node:stream';
import type {
  KubernetesObject,
  NamespacedName,
  ObjectList,
  Resource,
  Status,
  Stored,
  Transport,
  TransportRequest,
  TransportResponse,
} from '@kubewright/apimachinery';
import { ApiCaller, type ApiRequest } from './api/api-caller.ts';
import type { ClientContext, FieldValidation } from './api/client-context.ts';
import { deleteObject, deleteObjects, evictPod } from './api/delete-object.ts';
import { listAllObjects, listObjects, streamList } from './api/list-objects.ts';
import type { GetOptions, ListAllOptions, ListOptions, WatchOptions } from './api/read-options.ts';
import { getObject } from './api/read-object.ts';
import type { RequestSample } from './api/request-sample.ts';
import type { RetryAfterOptions } from './api/retry-after.ts';
import { getScale, patchScale, updateScale, type ScaleObject } from './api/scale.ts';
import { watchObjects } from './api/watch-objects.ts';
import { applyObject, createObject, patchObject, updateObject } from './api/write-object.ts';
import type {
  ApplyConfiguration,
  ApplyOptions,
  DeleteAllOptions,
  DeleteOptions,
  EvictOptions,
  Patch,
  PatchOptions,
  WriteOptions,
} from './api/write-options.ts';
import { defaultMaxObjectBytes, type ListStream } from './decode/decoder.ts';
import type { WatchEvent } from './decode/watch-event.ts';
import { readResources, type DiscoveredResource } from './discovery/api-resources.ts';
import { resolveResource } from './discovery/resolve-resource.ts';
import { readServerVersion, type ServerVersion } from './discovery/server-version.ts';
import { connect, type ConnectOptions } from './http/connect.ts';
import type { KubeConfig } from './kubeconfig/kube-config.ts';
import { loadKubeConfig } from './kubeconfig/load-kube-config.ts';
import type { CommandSession } from './streams/command-session.ts';
import { startPodCommand, type AttachOptions, type ExecOptions } from './streams/pod-command.ts';
import { openPodLogs, type LogOptions } from './streams/pod-logs.ts';
import { openPortForward, type PortForwardOptions } from './streams/port-forward.ts';
import { PortForwarder, type PortForwarderOptions } from './streams/port-forwarder.ts';

/** How a {@link Client} behaves, whatever it is connected to. */
export interface ClientSettings {
  /**
   * Namespace for namespaced objects that name none. Never applied to `list` and `watch`, where no namespace means all.
   * Default: `default` with a bare transport, the context's with a kubeconfig.
   */
  readonly namespace?: string | undefined;
  /** Who owns the fields this client writes. Default `kubewright`. */
  readonly fieldManager?: string | undefined;
  /** Name and version of the program, for the server's logs. Default `kubewright`. */
  readonly userAgent?: string | undefined;
  /**
   * What becomes of fields in writes that the server does not know, or that are given twice. Default `Strict`: the
   * write is refused, because a misspelt field is dropped in silence otherwise. `Warn` is the server's own default.
   */
  readonly fieldValidation?: FieldValidation | undefined;
  /** How often requests are repeated when the server asks to come back later. */
  readonly retryAfter?: RetryAfterOptions | undefined;
  /** Bound of one object, in bytes. Default 64 MiB. */
  readonly maxObjectBytes?: number | undefined;
  /** Called after each request, for metrics. Must not throw. */
  readonly onRequest?: ((sample: RequestSample) => void) | undefined;
  /**
   * Called for each warning the server sends with an answer (a deprecated version, an unknown field), with what was
   * tried. Must not throw. Default: warnings are dropped.
   */
  readonly onWarning?: ((text: string, attempt: string) => void) | undefined;
}

/** What a {@link Client} is made of. */
export interface ClientOptions extends ClientSettings {
  /** How requests reach the API server. {@link Client.close} closes it. */
  readonly transport: Transport;
  /** Host and port of the API server, for metrics. Default: the transport's own, or `in-process`. */
  readonly host?: string | undefined;
}

/**
 * Typed operations on the objects of an API server.
 *
 * **Guarantees:** objects are plain JSON, timestamps stay strings. Every refusal is a `StatusError` whose message names
 * the attempt (`update Deployment default/web: …`). Refusals with `Retry-After` are repeated, within bounds.
 *
 * **Errors:** `StatusError` (the server refused), `TransportError` (no answer came), `DecodeError` (the answer cannot be
 * read), `CredentialError` (there is nothing to authenticate with), the signal's reason when aborted, and `TypeError`
 * for arguments that make no sense.
 *
 * @example
 * ```ts
 * await using client = await Client.fromKubeConfig();
 * for await (const pod of client.listAll(Pod, { namespace: 'default' })) console.log(pod.metadata.name);
 * ```
 */
export class Client implements AsyncDisposable {
  /** How requests reach the API server. */
  readonly transport: Transport;
  /** Namespace for namespaced objects that name none. */
  readonly namespace: string;
  readonly #context: ClientContext;

  constructor(options: ClientOptions) {
    const { transport, namespace = 'default' } = options;
    this.transport = transport;
    this.namespace = namespace;
    this.#context = {
      caller: new ApiCaller({
        transport,
        host: options.host ?? hostOf(transport),
        userAgent: options.userAgent ?? 'kubewright',
        retryAfter: options.retryAfter ?? {},
        maxObjectBytes: options.maxObjectBytes ?? defaultMaxObjectBytes,
        onRequest: options.onRequest,
        onWarning: options.onWarning,
      }),
      namespace,
      fieldManager: options.fieldManager ?? 'kubewright',
      fieldValidation: options.fieldValidation ?? 'Strict',
    };
  }

  /**
   * A client for the current context of a kubeconfig.
   *
   * @param config - Default: what {@link loadKubeConfig} finds.
   */
  static async fromKubeConfig(
    config?: KubeConfig,
    options: ClientSettings & { readonly connection?: ConnectOptions } = {},
  ): Promise<Client> {
    const { connection, ...settings } = options;
    const used = config ?? (await loadKubeConfig());
    const transport = await connect(used, connection);
    const namespace = settings.namespace ?? used.current().namespace;
    return new Client({ ...settings, namespace, transport });
  }

  /** Reads one object. */
  async get<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
    options?: GetOptions,
  ): Promise<Stored<T>> {
    return getObject(this.#context, resource, ref, options);
  }

  /** Reads a list, or one page of it (`limit`, `continue`). */
  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): Promise<ObjectList<Stored<T>>> {
    return listObjects(this.#context, resource, options);
  }

  /**
   * Reads all objects in pages, each fetched when the one before has been consumed.
   *
   * **Caveats:** the pages are one consistent snapshot as long as it takes less than about five minutes. When the
   * snapshot has expired, reading goes on at the same place in the present state: no object comes twice, but objects
   * created or deleted meanwhile may be missing or there.
   */
  listAll<T extends KubernetesObject>(
    resource: Resource<T>,
    options?: ListAllOptions,
  ): AsyncIterable<Stored<T>> {
    return listAllObjects(this.#context, resource, options);
  }

  /** Reads a list item by item while it arrives: its length in memory is never more than what the caller keeps. */
  async listStream<T extends KubernetesObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): Promise<ListStream<T>> {
    return streamList(this.#context, resource, options);
  }

  /**
   * One watch, until the server ends it, the connection breaks or the signal aborts. To go on, watch again from the
   * last `resourceVersion` seen; after a 410 (`isExpired`) read the list again.
   */
  watch<T extends KubernetesObject>(
    resource: Resource<T>,
    options?: WatchOptions,
  ): AsyncIterable<WatchEvent<T>> {
    return watchObjects(this.#context, resource, options);
  }

  /** Creates an object; its name may be left to the server (`metadata.generateName`). */
  async create<T extends KubernetesObject>(
    resource: Resource<T>,
    object: NoInfer<T>,
    options?: WriteOptions,
  ): Promise<Stored<T>> {
    return createObject(this.#context, resource, object, options);
  }

  /**
   * Replaces an object. With `metadata.resourceVersion`, only if it is still at that version: a conflict otherwise
   * (see `retryOnConflict`).
   */
  async update<T extends KubernetesObject>(
    resource: Resource<T>,
    object: NoInfer<T>,
    options?: WriteOptions,
  ): Promise<Stored<T>> {
    return updateObject(this.#context, resource, object, options);
  }

  /** Replaces the status of an object; the rest of it is ignored. */
  async updateStatus<T extends KubernetesObject>(
    resource: Resource<T>,
    object: NoInfer<T>,
    options?: WriteOptions,
  ): Promise<Stored<T>> {
    return updateObject(this.#context, resource, object, { ...options, subresource: 'status' });
  }

  /** Changes an object, or one of its subresources, by a JSON, merge or strategic merge patch. */
  async patch<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
    patch: Patch,
    options?: PatchOptions,
  ): Promise<Stored<T>> {
    return patchObject(this.#context, resource, ref, patch, options);
  }

  /**
   * States what this field manager wants of an object (server-side apply). Creates it where it does not exist; fields
   * this manager stated before and leaves out now are removed.
   */
  async apply<T extends KubernetesObject>(
    resource: Resource<T>,
    object: ApplyConfiguration<T>,
    options?: ApplyOptions,
  ): Promise<Stored<T>> {
    return applyObject(this.#context, resource, object, options);
  }

  /** Deletes an object. Answers the object while it still exists (finalizers, grace period), a `Status` once it is gone. */
  async delete<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
    options?: DeleteOptions,
  ): Promise<Stored<T> | Status> {
    return deleteObject(this.#context, resource, ref, options);
  }

  /** Deletes all objects of a selection, in one namespace. */
  async deleteAllOf<T extends KubernetesObject>(
    resource: Resource<T>,
    options?: DeleteAllOptions,
  ): Promise<void> {
    return deleteObjects(this.#context, resource, options);
  }

  /** Reads how many replicas an object has, and should have (the `scale` subresource). */
  async getScale<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
    options?: Pick<GetOptions, 'signal'>,
  ): Promise<Stored<ScaleObject>> {
    return getScale(this.#context, resource, ref, options);
  }

  /** Replaces the scale of an object; with `metadata.resourceVersion`, only if it is still at that version. */
  async updateScale<T extends KubernetesObject>(
    resource: Resource<T>,
    scale: ScaleObject,
    options?: WriteOptions,
  ): Promise<Stored<ScaleObject>> {
    return updateScale(this.#context, resource, scale, options);
  }

  /** Sets how many replicas an object should have. */
  async setScale<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
    replicas: number,
    options?: Omit<PatchOptions, 'subresource'>,
  ): Promise<Stored<ScaleObject>> {
    return this.patchScale(resource, ref, { type: 'merge', body: { spec: { replicas } } }, options);
  }

  /** Changes the scale of an object, such as by `{ type: 'merge', body: { spec: { replicas: 3 } } }`. */
  async patchScale<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
    patch: Patch,
    options?: Omit<PatchOptions, 'subresource'>,
  ): Promise<Stored<ScaleObject>> {
    return patchScale(this.#context, resource, ref, patch, options);
  }

  /**
   * Asks for a pod to be removed, with respect for disruption budgets. A budget that forbids it now is a `StatusError`
   * 429 (`isTooManyRequests`) at once: how long to wait for it is the caller's choice.
   */
  async evict(ref: NamespacedName, options?: EvictOptions): Promise<void> {
    return evictPod(this.#context, ref, options);
  }

  /** Opens the log of a container; followed, it goes on until the container ends or the signal aborts. */
  async logs(ref: NamespacedName, options?: LogOptions): Promise<AsyncIterable<Uint8Array>> {
    return openPodLogs(this.#context, ref, options);
  }

  /** The log of a container as one text. Bound it by `tailLines` or `limitBytes`. */
  async logText(ref: NamespacedName, options?: Omit<LogOptions, 'follow'>): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await openPodLogs(this.#context, ref, options)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  /**
   * Runs a command in a container.
   *
   * @example
   * ```ts
   * await using session = await client.exec({ namespace: 'default', name: 'web' }, { command: ['date'] });
   * for await (const bytes of session.stdout) process.stdout.write(bytes);
   * const { exitCode } = await session.exit;
   * ```
   */
  async exec(ref: NamespacedName, options: ExecOptions): Promise<CommandSession> {
    return startPodCommand(this.#context, ref, 'exec', options);
  }

  /** Attaches to the main process of a container. */
  async attach(ref: NamespacedName, options: AttachOptions = {}): Promise<CommandSession> {
    return startPodCommand(this.#context, ref, 'attach', options);
  }

  /** Opens one connection to a port of a pod. */
  async portForward(
    ref: NamespacedName,
    port: number,
    options?: PortForwardOptions,
  ): Promise<Duplex> {
    return openPortForward(this.#context, ref, port, options);
  }

  /**
   * Listens on a local port whose connections reach a port of a pod.
   *
   * @example
   * ```ts
   * await using forwarder = await client.forwardPort({ namespace: 'default', name: 'web' }, 80);
   * await fetch(`http://127.0.0.1:${forwarder.localPort}/`);
   * ```
   */
  async forwardPort(
    ref: NamespacedName,
    port: number,
    options?: PortForwarderOptions,
  ): Promise<PortForwarder> {
    const open = async (signal: AbortSignal): Promise<Duplex> =>
      openPortForward(this.#context, ref, port, { signal });
    return new PortForwarder(open, options).listen();
  }

  /** The version of the API server. */
  async serverVersion(signal?: AbortSignal): Promise<ServerVersion> {
    return readServerVersion(this.#context, signal);
  }

  /** The resources of one version of an API group (`v1`, `apps/v1`); none when the server does not have it. */
  async resourcesOf(
    apiVersion: string,
    signal?: AbortSignal,
  ): Promise<readonly DiscoveredResource[]> {
    return readResources(this.#context, apiVersion, signal);
  }

  /**
   * The resource a user means: by kind, plural, singular or short name, optionally with a group (`deploy`,
   * `deployments.apps`, `deployments.v1.apps`).
   *
   * @throws DiscoveryError when there is none.
   */
  async resolve(name: string, signal?: AbortSignal): Promise<DiscoveredResource> {
    return resolveResource(this.#context, name, signal);
  }

  /**
   * Sends any request. The answer of a success, as soon as its headers are there; its body must be read, or left early.
   *
   * @throws StatusError when the server refuses.
   */
  async raw(request: TransportRequest): Promise<TransportResponse> {
    return this.#context.caller.open(rawRequest(request));
  }

  /** Sends any request and reads the JSON of its answer; the caller says of which type it is. */
  async rawJson<T>(request: TransportRequest): Promise<T> {
    // The API documents what each path answers.
    return (await this.#context.caller.json(rawRequest(request))) as T;
  }

  /** Closes the transport; may be repeated. */
  async close(): Promise<void> {
    await this.transport.close();
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A path as it is may hold any name: without its pattern it is no label for metrics. */
function rawRequest(request: TransportRequest): ApiRequest {
  const path = request.path.split('?', 1)[0] ?? request.path;
  return {
    ...request,
    pathPattern: '(raw)',
    verb: 'raw',
    attempt: `${request.method} ${path}`,
  };
}

function hostOf(transport: Transport): string {
  return 'host' in transport && typeof transport.host === 'string' ? transport.host : 'in-process';
}
