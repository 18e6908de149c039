import type { Transport } from '@kubewright/apimachinery';
import { AdmissionChain } from '../admission/chain.ts';
import { createAdmissionPlugins } from '../admission/plugins.ts';
import { createAccess } from '../access/access.ts';
import { renderKubeconfig } from '../access/kubeconfig.ts';
import { createTlsListener } from '../access/tls-listener.ts';
import { renderKubeconfig } from '../access/kubeconfig.ts';
import { createTlsListener } from '../access/tls-listener.ts';
import type { Clock, NodeConnections, NodeStreams, TlsListener, UserInfo } from '../contracts.ts';
import { createCustomResources } from '../crd/custom-resources.ts';
import { createDiscoveryDocs } from '../discovery/discovery-docs.ts';
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
import type { NodeBackend } from '../streams/node-backend.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import { WatchRegistry } from '../watch/watch-registry.ts';
import { bootstrap } from './bootstrap.ts';
import { InProcessTransport } from './in-process-transport.ts';
import { provisionalStreams, provisionalTables } from './provisional.ts';
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
  readonly user: string;
  /** Default none; `system:authenticated` is added. */
  readonly groups?: readonly string[] | undefined;
}

/** Where a server listens, and by what to know it. */
export interface ListenAddress {
  /** Such as `https://127.0.0.1:6443`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly caCertificate: string;
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
/** Whom a client certificate stands for. */
export interface ClientCertificateOptions extends TransportUser {
  /** Milliseconds for which it holds from now on. Default: a year. */
  readonly validityMs?: number | undefined;
}

/** A certificate with its private key, both PEM. */
export interface ClientCertificate {
  readonly certificate: string;
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
  readonly #running = new DisposableStack();
  readonly #customResources: Disposable;
  readonly #streams: NodeStreams & NodeConnections<NodeBackend>;
  readonly #listener: TlsListener;
  /** Where the server listens; undefined while it does not. */
  #address: ListenAddress | undefined;

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
    this.#running.use(access);
    this.#streams = provisionalStreams;
    this.#listener = createTlsListener({
      handle: (request) => this.#handler.handle(request),
      acceptUpgrade: (request) => this.#handler.acceptUpgrade(request),
      streams: this.#streams,
      clock,
    });
    this.#port = new ServerPort(this.#listener);
    this.faults = new FaultInjector({ clock, store, watches, listening: this.#port });
    this.#services = {
      store,
      registry,
      clock,
      access,
      tables: provisionalTables,
      streams: this.#streams,
      admission: new AdmissionChain(createAdmissionPlugins()),
      watches,
    };
    this.#handler = new ApiHandler({
      services: this.#services,
      discovery: createDiscoveryDocs({ registry, schemas }),
      intercept: this.faults.intercept,
      onRequest: options.onRequest ?? (() => undefined),
      isReady: () => !this.#closing.signal.aborted,
    });
    this.#listener = createTlsListener({
      handle: (request) => this.#handler.handle(request),
      acceptUpgrade: (request) => this.#handler.acceptUpgrade(request),
      streams: this.#streams,
      clock,
    });
    bootstrap({ store, registry, access, clock });
    this.#running.use(createCustomResources({ registry, store, clock }).start());
    this.#customResources = createCustomResources({ registry, store, clock }).start();
  }

  /**
   * Listens for HTTPS, with a certificate of the server's own authority.
   *
   * @param options.host Default 127.0.0.1
   * @param options.port 0 takes one that is free. Default 0
   * @throws ListenError when the port cannot be had
   * @throws TypeError when the server listens already
   */
  async listen(
    options: { readonly host?: string; readonly port?: number } = {},
  ): Promise<ListenAddress> {
    const { host = '127.0.0.1', port = 0 } = options;
    const { url, port: taken } = await this.#listener.listen({ host, port });
    const caCertificate = await this.#listener.caCertificate();
    this.#address = { url, host, port: taken, caCertificate };
    return this.#address;
  }

  /**
   * Stops listening, cuts every connection at once, and listens again on the same port, the objects kept:
   * what clients see of a server that was killed and started again.
   *
   * @throws TypeError when the server does not listen
   */
  async restart(): Promise<void> {
    const { host, port } = this.#listening();
    await this.#listener.stop();
    this.#services.watches.cut('end');
    await this.listen({ host, port });
  }

  /** A certificate and key, PEM, that prove a user and groups to this server for so many milliseconds. Default a year. */
  async issueClientCertificate(
    subject: TransportUser & { readonly validityMs?: number },
  ): Promise<{ readonly certificate: string; readonly key: string }> {
    const { user, groups = [], validityMs = YEAR_MS } = subject;
    return this.#listener.issueClientCertificate({ user, groups, validityMs });
  }

  /**
   * A kubeconfig (YAML) for a user with a client certificate of their own.
   *
   * @param as Default: an administrator
   * @throws TypeError when the server does not listen
   */
  async kubeconfig(as: TransportUser = ADMIN): Promise<string> {
    const { url, caCertificate } = this.#listening();
    const credential = { type: 'certificate', ...(await this.issueClientCertificate(as)) } as const;
    return renderKubeconfig({ server: url, caCertificate, user: as.user, credential });
  }

  /** Makes a node's backend answer for the logs, commands and ports of its pods, until disposed of. */
  connectNode(name: string, backend: unknown): Disposable {
    return this.#streams.connectNode(name, backend);
  }

  #listening(): ListenAddress {
    if (this.#address === undefined) throw new TypeError('the server does not listen');
    return this.#address;
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
   * Serves HTTPS. Called again after {@link FaultInjector.takeDown} it may choose another port.
   *
   * @throws ListenError when the port is taken
   */
  async listen(options: ListenOptions = {}): Promise<ServerAddress> {
    this.#closing.signal.throwIfAborted();
    return this.#port.listen(options);
  }

  /** A client certificate that the server believes. Certificate and key are PEM. */
  async issueClientCertificate(options: ClientCertificateOptions): Promise<ClientCertificate> {
    const { user, groups = [], validityMs = DEFAULT_VALIDITY_MS } = options;
    return this.#listener.issueClientCertificate({ user, groups, validityMs });
  }

  /**
   * A kubeconfig (YAML) with a fresh client certificate.
   *
   * @param as default: an administrator
   * @throws TypeError before {@link ApiServer.listen}
   */
  async kubeconfig(as: TransportUser = ADMIN): Promise<string> {
    const { address } = this.#port;
    if (address === undefined) throw new TypeError('a kubeconfig needs a server that listens');
    const { certificate, key } = await this.issueClientCertificate(as);
    return renderKubeconfig({
      server: address.url,
      caCertificate: address.caCertificate,
      user: as.user,
      credential: { type: 'certificate', certificate, key },
    });
  }

  /** Plugs in a node: logs, exec, attach and port-forward of its pods go there until the result is disposed. */
  connectNode(name: string, backend: NodeBackend): Disposable {
    return this.#streams.connectNode(name, backend);
  }

  /** Resolves when requests are answered. */
  async ready(): Promise<void> {
    this.#closing.signal.throwIfAborted();
  }

  /** Ends all watches and connections; requests are refused from then on. May be repeated. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the API server is closed'));
    this.#services.watches.cut('end');
    await this.#listener.stop();
    this.#address = undefined;
    this.#customResources[Symbol.dispose]();
    this.#running.dispose();
    await this.#listener.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
