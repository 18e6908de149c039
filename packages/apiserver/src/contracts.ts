/**
 * The interfaces between the parts of the API server. The handler (routing, verbs, admission, storage) calls the
 * others through these types only, so each part can be read and tested alone.
 *
 * Rules that hold for all of them:
 * - objects are plain mutable JSON (`JsonObject`), never shared: what the store hands out is a fresh copy;
 * - a refused request is a thrown `StatusError` (made by `status.ts`); a broken rule of an object is a `FieldError`
 *   (made by `field-error.ts`), collected and answered together as one 422;
 * - paths of unknown fields and of field errors are written as the API does: `spec.containers[0].image`.
 */
import type { Scope, WebSocketConnection, WebSocketRequest } from '@kubewright/apimachinery';
import type { Duplex } from 'node:stream';
import type { FieldError } from './field-error.ts';

/** A JSON object, mutable, owned by whoever holds it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- objects of any kind: the schema is the type
export type JsonObject = Record<string, any>;

/** Who sends a request, after authentication and impersonation. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string | undefined;
  /** With `system:authenticated` or `system:unauthenticated` among them. */
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What TLS found out about the certificate that a client presented. */
export type ClientCertificate =
  | {
      readonly verified: true;
      readonly commonName: string;
      readonly organizations: readonly string[];
      /** SHA-256 of the certificate, in lower-case hex. */
      readonly fingerprint: string;
    }
  | {
      readonly verified: false;
      /** Why it does not count, such as `CERT_HAS_EXPIRED`. */
      readonly problem: string;
    };

/** One HTTP request as the handler sees it, from the TLS listener or from the in-process transport. */
export interface ServerRequest {
  /** Upper case. */
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; several values of one name are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The whole body. The listener stops reading one byte after {@link MAX_REQUEST_BODY_BYTES} and hands over what it
   * has: the handler then answers 413.
   */
  readonly body: Uint8Array;
  /**
   * Who sends it. The listener leaves it out, and the handler calls {@link Access.authenticate}; the in-process
   * transport sets it, and `authenticate` then only adds impersonation.
   */
  readonly user?: UserInfo | undefined;
  /** The client certificate, when the connection presented one. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Aborted when the peer has gone or the server closes. */
  readonly signal: AbortSignal;
}

/** Longest accepted request body, in bytes: 3 MiB, as in the real server. */
export const MAX_REQUEST_BODY_BYTES = 3 * 1024 * 1024;

/** The answer to one request. */
export interface ServerResponse {
  readonly status: number;
  /** Names in lower case. A list is sent as several header lines (`warning`). */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /**
   * The bytes. A stream is pulled by the transport, so a slow reader slows the producer; leaving the loop early
   * (`return()`) must release what the stream holds.
   */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Set by fault injection: the transport cuts the connection instead of sending anything. */
  readonly reset?: true | undefined;
}

/** Answers requests; never rejects: failures are `Status` answers. */
export type RequestHandler = (request: ServerRequest) => Promise<ServerResponse>;

/** Where the server's time comes from; tests replace it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls back once after `delayMs`; disposing cancels. Does not keep the process alive, unless `keepsAlive`: for
   * what a client waits for, as an open connection would.
   */
  schedule(
    delayMs: number,
    callback: () => void,
    options?: { readonly keepsAlive?: boolean },
  ): Disposable;
}

// ---------------------------------------------------------------------------------------------------------- types

/**
 * One node of a structural schema, as validation, merging and server-side apply walk it. References are resolved
 * lazily by getters where a schema is recursive (`JSONSchemaProps`).
 */
export interface SchemaNode {
  /** Full name of the definition in the OpenAPI document; built-in kinds only. */
  readonly definitionName?: string | undefined;
  /** `any` accepts every JSON value (`x-kubernetes-preserve-unknown-fields` without a type, `RawExtension`). */
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'any';
  readonly format?: string | undefined;
  readonly properties?: ReadonlyMap<string, SchemaNode> | undefined;
  /** Schema of the values of a map. */
  readonly additionalProperties?: SchemaNode | undefined;
  readonly items?: SchemaNode | undefined;
  /** Default `atomic`, as in the API's rules for lists without a declared type. */
  readonly listType?: 'atomic' | 'set' | 'map' | undefined;
  readonly listMapKeys?: readonly string[] | undefined;
  /** Default `granular`. */
  readonly mapType?: 'granular' | 'atomic' | undefined;
  /** Comma-separated `x-kubernetes-patch-strategy` split up: `merge`, `replace`, `retainKeys`. Built-in kinds only. */
  readonly patchStrategy?: readonly string[] | undefined;
  readonly patchMergeKey?: string | undefined;
  readonly preserveUnknownFields?: boolean | undefined;
  readonly embeddedResource?: boolean | undefined;
  /** Integer or string. `type` is `any` then. */
  readonly intOrString?: boolean | undefined;
  readonly nullable?: boolean | undefined;
  /** The schema's `default`; used by defaulting and for absent keys of map lists. */
  readonly default?: unknown;
}

/** How unknown and duplicate fields of a body are treated (`fieldValidation`). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What decoding found out about an object, besides changing it. */
export interface DecodeResult {
  /** As the real server words them: `unknown field "spec.foo"`. In document order. */
  readonly unknownFields: readonly string[];
}

/** The rules of one kind in one version that come from its schema alone. By the `apischema` part. */
export interface ObjectSchema {
  readonly root: SchemaNode;
  /**
   * Makes the parsed body an object of the kind, in place: drops unknown fields (keeps them where the schema says so),
   * drops nulls where the decoder of the kind would. For built-in kinds, throws the decoder's 400 for a wrong JSON type.
   */
  decode(object: JsonObject): DecodeResult;
  /** Fills defaults declared in the schema, in place. Built-in kinds have theirs in the strategy. */
  applyDefaults(object: JsonObject): void;
  /** Structural validation, list-type rules and CEL (with `old`, transition rules and ratcheting). Empty for built-in kinds. */
  validate(object: JsonObject, old: JsonObject | undefined): readonly FieldError[];
  /** As {@link validate}, for a write to the status subresource. */
  validateStatus(object: JsonObject, old: JsonObject): readonly FieldError[];
}

/** What a strategy may need to know of the request and of the server. */
export interface StrategyContext {
  readonly user: UserInfo;
  readonly clock: Clock;
  readonly store: StoreReader;
  readonly dryRun: boolean;
  /** Adds a `Warning` header to the answer. */
  warn(message: string): void;
  /** Undoes a side effect (an allocated address) when the write fails or is a dry run. */
  onRollback(undo: () => void): void;
}

/** The behaviour of one kind in the write path. Every hook is optional but these facts; objects are changed in place. */
export interface Strategy {
  /** `metadata.generation` is kept: 1 at creation, then +1 for each change outside metadata and status. */
  readonly hasGeneration: boolean;
  /** Whether an update raises the generation. Default: anything but metadata (and the status, if it is a subresource) changed. */
  readonly changesGeneration?: ((object: JsonObject, old: JsonObject) => boolean) | undefined;
  /** PUT without a resourceVersion is accepted. */
  readonly allowUnconditionalUpdate: boolean;
  /** PUT to a name that does not exist creates it (Lease, RBAC kinds, …). */
  readonly allowCreateOnUpdate: boolean;
  /** What deletion does with dependents when the request does not say. Default `background`. */
  readonly defaultPropagation?: 'background' | 'orphan' | undefined;
  /** Text of a `Warning` header for a deletion that does not say what happens to dependents. */
  readonly deletionWarning?: string | undefined;
  /** Messages for a bad `metadata.name`. Default: DNS-1123 subdomain. `prefix` for generateName. */
  readonly validateName?: ((name: string, prefix: boolean) => readonly string[]) | undefined;
  /** The rules of all objects are looked at only when those of the kind hold; both are looked at together by default. */
  readonly checksMetadataLast?: boolean | undefined;
  /** Group by which a 422 calls the kind. Default: its own. */
  readonly refusalGroup?: string | undefined;
  /**
   * By subresource (`''` for the main one): the paths that a write to it does not change, so that nobody comes to own
   * them. Default: the status for the main resource, all but the status for `status`.
   */
  readonly resetFields?: Readonly<Record<string, readonly (readonly string[])[]>> | undefined;
  /** Defaults that the versioned type has; runs after decoding for each write and patch. */
  applyDefaults?(object: JsonObject): void;
  /** Drops what a client may not set at creation (the status), fills what the server sets. */
  prepareForCreate?(object: JsonObject, context: StrategyContext): void;
  /** Takes over from `old` what a write to the main resource may not change (the status). */
  prepareForUpdate?(object: JsonObject, old: JsonObject, context: StrategyContext): void;
  /** Takes over from `old` all that a write to this subresource may not change. Default for `status`: everything but status and part of metadata. */
  prepareForStatusUpdate?(object: JsonObject, old: JsonObject, context: StrategyContext): void;
  validate?(object: JsonObject): readonly FieldError[];
  validateUpdate?(object: JsonObject, old: JsonObject): readonly FieldError[];
  validateStatusUpdate?(object: JsonObject, old: JsonObject): readonly FieldError[];
  /** Messages for `Warning` headers after a successful create or update. */
  warnings?(object: JsonObject, old: JsonObject | undefined): readonly string[];
  /**
   * Runs before an object is deleted. Returns the seconds for which it stays, marked as being deleted, waiting for
   * someone to confirm (a pod's kubelet); 0 removes at once.
   */
  gracePeriodSeconds?(object: JsonObject, requested: number | undefined): number;
  /** An object being deleted stays although no finalizer and no grace period hold it (a namespace with `spec.finalizers`). */
  holdsDeleted?(object: JsonObject): boolean;
  /** Being deleted does not raise the generation. */
  readonly keepsGenerationOnDelete?: boolean | undefined;
  /** Changes an object that was marked as being deleted (a namespace's phase). */
  prepareForDeletion?(object: JsonObject): void;
  /** Deletion answers the object as it was instead of a `Status`. */
  readonly returnsDeletedObject?: boolean | undefined;
  /** Runs once the removal is committed: releases addresses and the like. */
  afterDelete?(object: JsonObject): void;
}

/** One subresource of a resource, as discovery and routing see it. */
export interface SubresourceType {
  /** `status`, `scale`, `binding`, `log`, … */
  readonly name: string;
  readonly kind: string;
  /** Group and version of `kind` when they differ from the parent's (`autoscaling/v1` for Scale). */
  readonly group?: string | undefined;
  readonly version?: string | undefined;
  /** Discovery verbs. */
  readonly verbs: readonly string[];
}

/** Where a custom resource keeps what its scale subresource shows; JSON paths such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string | undefined;
}

/** All that the server knows of one resource in one served version. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly scope: Scope;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Discovery verbs of the main resource. */
  readonly verbs: readonly string[];
  readonly subresources: ReadonlyMap<string, SubresourceType>;
  /** `builtin` kinds are decoded strictly typed; `custom` ones by their structural schema. */
  readonly origin: 'builtin' | 'custom';
  /** Strategic merge patch is accepted: built-in kinds only. */
  readonly schema: ObjectSchema;
  readonly strategy: Strategy;
  /**
   * The collection in the store, shared by all versions of the resource and by Events of both groups:
   * `plural.group` of the storage resource (`pods`, `deployments.apps`, `events`).
   */
  readonly storageKey: string;
  /** From the stored version to this one; absent when they are the same. Mutates or replaces its argument. */
  fromStorage?(object: JsonObject): JsonObject;
  /** From this version to the stored one. */
  toStorage?(object: JsonObject): JsonObject;
  /** Conversion that has to be waited for, in place of the two above. */
  readonly conversion?: AwaitedConversion | undefined;
  /** Selectable fields beyond `metadata.name` and `metadata.namespace`: path → value in an object of this version. */
  readonly selectableFields: ReadonlyMap<string, (object: JsonObject) => string>;
  readonly scale?: ScalePaths | undefined;
  /** Text of a `Warning` header answered for each request of a deprecated version. */
  readonly deprecationWarning?: string | undefined;
  /** Printer columns of a custom resource; built-in kinds have theirs in `tables/`. */
  readonly printerColumns?: readonly PrinterColumn[] | undefined;
  /**
   * A resource that is not stored: `create` (or `get`) computes an answer (access reviews, token reviews).
   * Only `verbs` it names are served.
   */
  readonly virtual?: VirtualResource | undefined;
}

/** Conversion by a webhook. @throws StatusError 500 when the webhook does not do it */
export interface AwaitedConversion {
  /** From whatever version they are stored in to this one: many at once, in their order. */
  fromStorage(objects: readonly JsonObject[]): Promise<JsonObject[]>;
  toStorage(object: JsonObject): Promise<JsonObject>;
}

/** `additionalPrinterColumns` of a custom resource. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly priority?: number | undefined;
}

/** Computes the answer to a create of a resource that is never stored. */
export interface VirtualResource {
  create(
    object: JsonObject,
    request: { readonly user: UserInfo; readonly namespace: string | undefined },
  ): Promise<JsonObject>;
}

/** The resources that the server serves at this moment. By the `apicore` part; custom resources are put in by `crd/`. */
export interface TypeRegistry {
  find(group: string, version: string, plural: string): ResourceType | undefined;
  findKind(group: string, version: string, kind: string): ResourceType | undefined;
  /** In the order of discovery: built-in groups first, then custom ones by group. */
  all(): readonly ResourceType[];
  /** Puts in place all served versions of one CRD, replacing those it had before. */
  installCustom(definitionName: string, types: readonly ResourceType[]): void;
  removeCustom(definitionName: string): void;
  /** Called after each change, synchronously. */
  onChange(listener: () => void): Disposable;
}

/** The part made of schemas: `schema/`, `openapi/`, `discovery/`, `tables/`, `crd/` (`apischema`). */
export interface BuiltinSchemas {
  /** @throws TypeError for a kind that the OpenAPI document does not have. */
  schemaOf(group: string, version: string, kind: string): ObjectSchema;
}

/** `/api`, `/apis`, `/apis/<group>`, `/apis/<group>/<version>`, `/openapi/v2`, `/openapi/v3…`, `/version`. */
export interface DiscoveryDocs {
  /** The answer, by content negotiation (aggregated discovery v2 too); undefined when the path is none of these. */
  respond(request: ServerRequest): ServerResponse | undefined;
}

/** One column of a `Table`. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** Server-side printing (`application/json;as=Table`). */
export interface TablePrinter {
  columns(type: ResourceType): readonly TableColumn[];
  /** One value per column. */
  cells(type: ResourceType, object: JsonObject, nowMs: number): readonly unknown[];
}

// -------------------------------------------------------------------------------------------------------- storage

/** One committed change of the store. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly storageKey: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly resourceVersion: number;
  /** The object after the change (for DELETED: its last state); a fresh copy at each read. In the stored version. */
  readonly object: JsonObject;
  /** The object before a MODIFIED. */
  readonly old: JsonObject | undefined;
}

/** Reads the stored objects, in their stored version. Every read is a fresh copy. */
export interface StoreReader {
  get(storageKey: string, namespace: string | undefined, name: string): JsonObject | undefined;
  /** Sorted by namespace and name. */
  list(storageKey: string, namespace?: string): JsonObject[];
  /** The resourceVersion of the last commit. */
  readonly revision: number;
  /** Called synchronously after each commit to the collection, in order. Must not throw. */
  observe(storageKey: string, listener: (event: StoreEvent) => void): Disposable;
}

/** Writes past admission, for the server's own bookkeeping (CRD conditions, bootstrap policy). */
export interface StoreWriter {
  /** Stores a new object, fills uid and creationTimestamp where absent. @throws StatusError AlreadyExists */
  insert(storageKey: string, object: JsonObject): JsonObject;
  /** Replaces an object by what `change` makes of a fresh copy; undefined from `change` leaves it. Undefined when it does not exist. */
  modify(
    storageKey: string,
    namespace: string | undefined,
    name: string,
    change: (object: JsonObject) => JsonObject | undefined,
  ): JsonObject | undefined;
  /** Removes at once, whatever finalizers say. */
  remove(storageKey: string, namespace: string | undefined, name: string): void;
}

/** The store as the other parts see it. */
export interface ObjectStore extends StoreReader, StoreWriter {}

// --------------------------------------------------------------------------------------------------------- access

/** What a request wants to do, as authorizers see it. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a custom verb; the lower-case HTTP method for non-resource paths. */
  readonly verb: string;
  /** False for a non-resource path. */
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** The path; for non-resource requests. */
  readonly path: string;
}

/** An authorizer's answer. `reason` ends up in the 403 message and in access reviews. */
export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Decides whether a request may go on. */
export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): AuthorizationDecision;
}

/** Finds out who sends a request. */
export interface Authenticator {
  /**
   * The user after impersonation (`Impersonate-*` headers, authorized as the real user). Anonymous requests are
   * `system:anonymous` in `system:unauthenticated`.
   *
   * @throws StatusError 401 for wrong credentials, 403 for impersonation without permission.
   */
  authenticate(request: ServerRequest): Promise<UserInfo>;
}

/** What goes into a token that lies in a Secret. */
export interface SecretTokenOptions {
  /** That of the Secret and of the account. */
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secretName: string;
  /** The account it stands for. */
  readonly account: { readonly name: string; readonly uid: string };
}

/** Makes tokens for service accounts (`serviceaccounts/token`). */
export interface TokenIssuer {
  /**
   * @param request the TokenRequest as sent, defaults not yet applied
   * @param serviceAccount the stored ServiceAccount
   * @returns the TokenRequest with its status
   * @throws StatusError for a bound object that does not exist, a bad expiration …
   */
  issueToken(request: JsonObject, serviceAccount: JsonObject): Promise<JsonObject>;
}

/** The part made of identities: `access/` (`apiaccess`). */
export interface Access extends Authenticator, Authorizer, TokenIssuer {
  /** Virtual resources by `plural.group`: `subjectaccessreviews.authorization.k8s.io`, `tokenreviews.authentication.k8s.io` … */
  readonly virtualResources: ReadonlyMap<string, VirtualResource>;
  /** A token without an end, for a Secret of type `kubernetes.io/service-account-token`; it counts while that holds it. */
  issueSecretToken(secret: SecretTokenOptions): string;
  /** RBAC objects of a fresh cluster, in the order in which they are stored. Object with apiVersion and kind. */
  bootstrapObjects(): readonly JsonObject[];
  /** Refuses a write that would give more rights than the user has (RBAC escalation, bind). Runs as admission for the RBAC kinds. */
  checkEscalation(
    user: UserInfo,
    type: ResourceType,
    object: JsonObject,
    old: JsonObject | undefined,
  ): void;
  /** `/.well-known/openid-configuration` and `/openid/v1/jwks`; undefined for other paths. */
  respond(request: ServerRequest): ServerResponse | undefined;
}

// -------------------------------------------------------------------------------------------------------- streams

/** A subresource of a pod that leaves HTTP. */
export type StreamSubresource = 'exec' | 'attach' | 'portforward';

/** An upgrade that the handler let pass: authenticated, authorized, and the pod exists. */
export interface AcceptedStream {
  readonly subresource: StreamSubresource;
  /** The stored pod. */
  readonly pod: JsonObject;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
}

/**
 * Decides about an upgrade request (GET or POST with `Connection: Upgrade`) before any byte of the new protocol.
 * By `apicore`; called by the listener's `upgrade` event and by the in-process WebSocket.
 *
 * @throws StatusError when it is refused: answer it as a plain HTTP response.
 */
export type UpgradeGate = (request: ServerRequest) => Promise<AcceptedStream>;

/** The part that talks to nodes: `streams/` (`apiaccess`). */
export interface NodeStreams {
  /** `GET pods/log`: the handler has authorized it and read the pod. Query: container, follow, previous, tailLines, … */
  logs(pod: JsonObject, query: URLSearchParams, signal: AbortSignal): Promise<ServerResponse>;
  /** A request to a stream subresource without upgrade headers, or with ones it cannot serve: the real server's 400. */
  refuse(accepted: AcceptedStream): ServerResponse;
  /** In-process: both ends in memory, same frames as over the wire. */
  connectWebSocket(
    accepted: AcceptedStream,
    request: WebSocketRequest,
  ): Promise<WebSocketConnection>;
  /** From the listener: speaks WebSocket or SPDY/3.1 on the raw socket, by the request's headers, until it ends. */
  serveSocket(
    accepted: AcceptedStream,
    request: ServerRequest,
    socket: Duplex,
    head: Uint8Array,
  ): Promise<void>;
}

// --------------------------------------------------------------------------------------------------------- wiring

/**
 * What the `ApiServer` class imports from the other parts; each is a named export of the file given.
 *
 * - `schema/builtin-schemas.ts`    `createBuiltinSchemas(): BuiltinSchemas`
 * - `tables/table-printer.ts`      `createTablePrinter(): TablePrinter`
 * - `discovery/discovery-docs.ts`  `createDiscoveryDocs({ registry, schemas }): DiscoveryDocs` (includes `openapi/` and `/version`)
 * - `crd/custom-resources.ts`      `createCustomResources(CustomResourcesOptions): CustomResources`
 * - `crd/definition-strategy.ts`   `customResourceDefinitionStrategy: Strategy`
 * - `access/access.ts`             `createAccess(AccessOptions): Access`
 * - `access/tls-listener.ts`       `createTlsListener(ListenerOptions): TlsListener`
 * - `streams/node-streams.ts`      `createNodeStreams(): NodeStreams & NodeConnections`
 */
export interface CustomResources {
  /** Serves the stored CRDs from now on: installs and removes types, sets their conditions, runs the clean-up finalizer. */
  start(): Disposable;
}

/** What `createAccess` takes. */
export interface AccessOptions {
  readonly store: ObjectStore;
  readonly registry: TypeRegistry;
  readonly clock: Clock;
  /** `always-allow` skips RBAC, for tests of other things. */
  readonly mode: 'rbac' | 'always-allow';
  /** PEM private key that signs service account tokens. Default: a fresh one. */
  readonly serviceAccountIssuerKey?: string | undefined;
  /** Bearer tokens that stand for fixed users. Default: none. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo> | undefined;
}

/** What `createTlsListener` takes. */
export interface ListenerOptions {
  readonly handle: RequestHandler;
  readonly acceptUpgrade: UpgradeGate;
  readonly streams: NodeStreams;
  readonly clock: Clock;
}

/** The HTTPS side of the server. Its certificate authority lives as long as it, across `listen` and `stop`. */
export interface TlsListener {
  /** Port 0 takes a free one. May be called again after `stop`, with the port it had. */
  listen(options: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly url: string; readonly port: number }>;
  /** Stops listening and cuts every connection at once. */
  stop(): Promise<void>;
  /** PEM. Async because keys are made on first use. */
  caCertificate(): Promise<string>;
  issueClientCertificate(subject: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly validityMs: number;
  }): Promise<{ readonly certificate: string; readonly key: string }>;
}

/** How the embedded kubelet plugs in; `NodeBackend` is defined in `streams/node-backend.ts`. */
export interface NodeConnections<Backend = unknown> {
  connectNode(name: string, backend: Backend): Disposable;
}
