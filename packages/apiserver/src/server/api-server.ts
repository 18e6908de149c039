import type { Transport } from '@kubewright/apimachinery';
import { createAccess } from '../access/access.ts';
import { renderKubeconfig } from '../access/kubeconfig.ts';
import { createTlsListener } from '../access/tls-listener.ts';
import { AdmissionChain } from '../admission/chain.ts';
import { createAdmissionPlugins } from '../admission/plugins.ts';
import { paramAccess } from '../admission/policies/param-access.ts';
import { PolicyAdmission } from '../admission/policies/policy-admission.ts';
import { WebhookAdmission } from '../admission/webhooks/webhook-admission.ts';
import type {
  Clock,
  NodeConnections,
  NodeStreams,
  SecretTokenOptions,
  TlsListener,
  UserInfo,
} from '../contracts.ts';
import { createCustomResources } from '../crd/custom-resources.ts';
import { createDiscoveryDocs } from '../discovery/discovery-docs.ts';
import { FaultInjector } from '../faults/fault-injector.ts';
import { ApiHandler, type RequestRecord } from '../handler/api-handler.ts';
import type { Services } from '../handler/services.ts';
import { createBuiltinTypes } from '../registry/builtin-types.ts';
import { defaultStrategy } from '../registry/default-strategy.ts';
import { createStrategies } from '../registry/strategies.ts';
import { ServerTypeRegistry } from '../registry/type-registry.ts';
import { createBuiltinSchemas } from '../schema/builtin-schemas.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import type { NodeBackend } from '../streams/node-backend.ts';
import { createNodeStreams } from '../streams/node-streams.ts';
import { WatchRegistry } from '../watch/watch-registry.ts';
import type { ServiceRouter } from '../webhooks/service-address.ts';
import { WebhookCaller } from '../webhooks/webhook-caller.ts';
import { bootstrap } from './bootstrap.ts';
import { InProcessTransport } from './in-process-transport.ts';
import { ServerPort, type ListenAddress, type ListenOptions } from './listening.ts';
import { createTablePrinter } from '../tables/table-printer.ts';
import { systemClock } from './system-clock.ts';

/** How to build an {@link ApiServer}. */
export interface ApiServerOptions {
  /** Default: the machine's time. */
  readonly clock?: Clock | undefined;
  /** Who may do what. Default `rbac`; `always-allow` skips authorization, for tests of other things. */
  readonly authorization?: 'rbac' | 'always-allow' | undefined;
  /** Addresses of Services, as a CIDR. Default `10.96.0.0/16`. */
  readonly serviceClusterIpRange?: string | undefined;
  /** Changes kept for watches and old lists, per resource; at least 1. Default 10,000. */
  readonly watchCacheSize?: number | undefined;
  /** PEM private key that signs service account tokens. Default: a fresh one. */
  readonly serviceAccountIssuerKey?: string | undefined;
  /** Called after each answered request; a watch counts when it begins. Must not throw. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
}

/** Who a transport acts as. */
export interface TransportUser {
  /** User name. */
  readonly user: string;
  /** Default none; `system:authenticated` is added. */
  readonly groups?: readonly string[] | undefined;
}

/** Whom a client certificate stands for. */
export interface ClientCertificateOptions extends TransportUser {
  /** Milliseconds for which it holds from now on. Default: a year. */
  readonly validityMs?: number | undefined;
}

/** A certificate with its private key, both PEM. */
export interface ClientCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM of the private key. */
  readonly key: string;
}

/** The administrator that in-process requests come from when nobody else is named. */
const ADMIN: TransportUser = { user: 'kubernetes-admin', groups: ['system:masters'] };
/** Client certificates hold for a year unless told otherwise. */
const DEFAULT_VALIDITY_MS = 365 * 24 * 60 * 60 * 1000;
const AUTHENTICATED = 'system:authenticated';
const DEFAULT_WATCH_CACHE_SIZE = 10_000;
const DEFAULT_SERVICE_RANGE = '10.96.0.0/16';

function userInfo({ user, groups = [] }: TransportUser): UserInfo {
  return { username: user, groups: [...new Set([...groups, AUTHENTICATED])] };
}

/**
 * A Kubernetes API server in this process, its objects in memory.
 *
 * Nothing runs before it is asked: requests come through {@link ApiServer.transport}, or over TLS once
 * {@link ApiServer.listen} was called.
 *
 * @example
 * ```ts
 * await using server = new ApiServer();
 * const answer = await server.transport().request({ method: 'GET', path: '/api/v1/namespaces' });
 * ```
 */
export class ApiServer implements AsyncDisposable {
  /** Failures on purpose: latency, refusals, cut watches, a forgotten history. */
  readonly faults: FaultInjector;
  readonly #services: Services;
  readonly #handler: ApiHandler;
  readonly #closing = new AbortController();
  readonly #listener: TlsListener;
  readonly #port: ServerPort;
  /** What follows the store until the server closes. */
  readonly #followers = new DisposableStack();
  readonly #streams: NodeStreams & NodeConnections<NodeBackend>;
  readonly #webhooks: WebhookCaller;

  constructor(options: ApiServerOptions = {}) {
    const clock = options.clock ?? systemClock;
    const store = new MemoryStore({
      clock,
      logCapacity: Math.max(1, options.watchCacheSize ?? DEFAULT_WATCH_CACHE_SIZE),
    });
    const watches = new WatchRegistry();
    const schemas = createBuiltinSchemas();
    const registry: ServerTypeRegistry = new ServerTypeRegistry(
      createBuiltinTypes({
        schemas,
        strategies: createStrategies({
          store,
          serviceRange: options.serviceClusterIpRange ?? DEFAULT_SERVICE_RANGE,
        }),
        virtualResources: () => access.virtualResources,
        defaultStrategy,
      }),
    );
    const access = createAccess({
      store,
      registry,
      clock,
      mode: options.authorization ?? 'rbac',
      serviceAccountIssuerKey: options.serviceAccountIssuerKey,
    });
    this.#followers.use(access);
    this.#streams = createNodeStreams();
    this.#listener = createTlsListener({
      handle: (request) => this.#handler.handle(request),
      acceptUpgrade: (request) => this.#handler.acceptUpgrade(request),
      streams: this.#streams,
      clock,
    });
    this.#port = new ServerPort(this.#listener);
    this.faults = new FaultInjector({ clock, store, watches, listening: this.#port });
    this.#webhooks = this.#followers.use(new WebhookCaller({ store }));
    this.#services = {
      store,
      registry,
      clock,
      access,
      tables: createTablePrinter(),
      streams: this.#streams,
      admission: new AdmissionChain(
        createAdmissionPlugins({
          store,
          policies: this.#followers.use(
            new PolicyAdmission({ store, registry, authorizer: access }),
          ),
          paramAccess: paramAccess({ registry, authorizer: access }),
          webhooks: this.#followers.use(
            new WebhookAdmission({
              store,
              registry,
              caller: this.#webhooks,
              authorizer: access,
            }),
          ),
        }),
      ),
      watches,
    };
    this.#handler = new ApiHandler({
      services: this.#services,
      discovery: createDiscoveryDocs({ registry, schemas }),
      intercept: this.faults.intercept,
      onRequest: options.onRequest ?? (() => undefined),
      isReady: () => !this.#closing.signal.aborted,
    });
    bootstrap({ store, registry, access, clock });
    this.#followers.use(
      createCustomResources({ registry, store, clock, webhooks: this.#webhooks, watches }).start(),
    );
  }

  /**
   * Requests within the process: same handler, same bytes, same admission as over TLS.
   *
   * @param as who the requests come from. Default: an administrator
   */
  transport(as: TransportUser = ADMIN): Transport {
    return new InProcessTransport({
      handle: (request) => this.#handler.handle(request),
      acceptUpgrade: (request) => this.#handler.acceptUpgrade(request),
      streams: this.#streams,
      user: userInfo(as),
      closed: this.#closing.signal,
      isUp: () => this.faults.isUp,
    });
  }

  /**
   * Listens for HTTPS, with a certificate of the server's own authority.
   *
   * @throws ListenError when the port cannot be had
   * @throws TypeError when the server listens already
   */
  async listen(options: ListenOptions = {}): Promise<ListenAddress> {
    this.#closing.signal.throwIfAborted();
    return this.#port.listen(options);
  }

  /**
   * Stops listening, cuts every connection at once, and listens again on the same port, the objects kept:
   * what clients see of a server that was killed and started again.
   */
  async restart(): Promise<void> {
    await this.faults.takeDown();
    await this.faults.bringUp();
  }

  /** A certificate and key, PEM, that prove a user and groups to this server. */
  async issueClientCertificate(options: ClientCertificateOptions): Promise<ClientCertificate> {
    const { user, groups = [], validityMs = DEFAULT_VALIDITY_MS } = options;
    return this.#listener.issueClientCertificate({ user, groups, validityMs });
  }

  /**
   * Signs a token for a Secret of type `kubernetes.io/service-account-token`, as the controller manager of a real cluster does,
   * which has the key. It has no end, and counts as long as the Secret holds it and the account exists.
   */
  issueSecretToken(secret: SecretTokenOptions): string {
    return this.#services.access.issueSecretToken(secret);
  }

  /**
   * A kubeconfig (YAML) for a user with a client certificate of their own.
   *
   * @param as default: an administrator
   * @throws TypeError before {@link ApiServer.listen}
   */
  async kubeconfig(as: TransportUser = ADMIN): Promise<string> {
    const { url, caCertificate } = this.#port.address;
    const credential = { type: 'certificate', ...(await this.issueClientCertificate(as)) } as const;
    return renderKubeconfig({ server: url, caCertificate, user: as.user, credential });
  }

  /** Makes a node's backend answer for the logs, commands and ports of its pods, until disposed of. */
  connectNode(name: string, backend: NodeBackend): Disposable {
    return this.#streams.connectNode(name, backend);
  }

  /** Tells where Services are served on this machine, for webhooks that are Services, until disposed of. */
  routeServices(route: ServiceRouter): Disposable {
    return this.#webhooks.routeServices(route);
  }

  /** Resolves when requests are answered. */
  async ready(): Promise<void> {
    this.#closing.signal.throwIfAborted();
  }

  /** Ends all watches and connections; requests are refused from then on. May be repeated. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the API server is closed'));
    this.#services.watches.cut('end');
    this.#followers.dispose();
    await this.#port.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
