import { join } from 'node:path';
import { EndpointSlice, Service, type DeepReadonly } from '@kubewright/apimachinery';
import type { ApiServer } from '@kubewright/apiserver';
import type { Client } from '@kubewright/client';
import { Manager, type Logger, type Runnable } from '@kubewright/runtime';
import type { ImageStore } from './kubelet/index.ts';
import {
  ClientKubeletApi,
  Kubelet,
  KubeletBackend,
  localPodAddresses,
  PortMap,
  startLocalRuntime,
  systemClock,
  type KubeletSettings,
} from './kubelet/index.ts';
import { CoreEventRecorder, eventsThrough } from './events/core-event-recorder.ts';
import { NameFiles } from './services/name-files.ts';
import { serviceNames } from './services/service-names.ts';
import { ServiceProxy } from './services/service-proxy.ts';
import { serviceTable } from './services/service-table.ts';
import {
  createLocalDeleter,
  createLocalProvisioner,
  ensureDefaultClass,
  localProvisioner,
} from './storage/local-provisioner.ts';

/** What a node needs. */
export interface LocalNodeOptions {
  readonly name: string;
  readonly server: ApiServer;
  readonly client: Client;
  readonly images: ImageStore;
  /** Folder for containers, logs and volumes. */
  readonly dataDir: string;
  /** Folder for short paths to the roots of containers. */
  readonly shortDir: string;
  readonly settings?: KubeletSettings | undefined;
  /** Where containers find the API server. */
  readonly apiServer: () => { readonly host: string; readonly port: number };
  readonly logger: Logger;
}

/** Runs one node until the signal is aborted: kubelet, containers as local processes, and the Services' addresses. */
export async function runLocalNode(options: LocalNodeOptions, signal: AbortSignal): Promise<void> {
  const { name, server, client, images, dataDir, shortDir, settings, apiServer, logger } = options;
  const addresses = localPodAddresses();
  const runtime = await startLocalRuntime({
    images,
    dataDir,
    clock: systemClock,
    addresses,
    ...(settings === undefined ? {} : { settings }),
  });
  const ports = new PortMap(runtime);
  const proxy = new ServiceProxy({
    resolve: (podUid, port) => ports.resolve(podUid, port),
    onFallback: ({ key, clusterIp, port }, error) =>
      logger.debug('a Service is served on another address', {
        service: key,
        clusterIp,
        port,
        error,
      }),
  });
  const names = new NameFiles({
    folder: join(dataDir, 'names'),
    namespacesInUse: () => kubelet.pods().map(({ metadata }) => metadata.namespace ?? 'default'),
  });
  await names.prepare();
  const kubelet: Kubelet = new Kubelet({
    nodeName: name,
    api: new LocalKubeletApi(client, name, proxy),
    runtime,
    images,
    dataDir: join(dataDir, 'kubelet'),
    shortDir,
    clock: systemClock,
    nodeIp: addresses.nodeIp,
    apiServer,
    variablesFor: (namespace) => names.variables(namespace),
    ...(settings === undefined ? {} : { settings }),
  });
  using _backend = server.connectNode(
    name,
    new KubeletBackend({
      runtime,
      ports,
      now: () => systemClock.now(),
      statusOf: (uid) => kubelet.statusOf(uid),
    }),
  );
  // Webhooks that are Services are called where these are really served.
  using _services = server.routeServices(({ namespace, name: service, port }) =>
    proxy.addressOf(`${namespace}/${service}:${port}`),
  );
  const manager = new Manager({
    client,
    logger,
    metrics: { port: false },
    health: { port: false },
  });
  manager.add(servicesRunnable(manager, proxy, names));
  const provisionerEvents = new CoreEventRecorder({
    api: eventsThrough(client),
    clock: manager.clock,
    component: `${localProvisioner}_${name}`,
  });
  const volumes = { nodeName: name, folder: join(dataDir, 'volumes'), events: provisionerEvents };
  manager.add(createLocalProvisioner(manager, volumes)).add(createLocalDeleter(manager, volumes));
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  try {
    await ensureDefaultClass(client, both).catch((error: unknown) => {
      if (!both.aborted) throw error;
    });
    await Promise.all(
      [kubelet.run(both), manager.run({ signal: both })].map((part) =>
        part.catch((error: unknown) => {
          stop.abort(error); // one part alone is no node
          throw error;
        }),
      ),
    );
  } finally {
    await provisionerEvents.stop();
    await proxy.close();
  }
}

/** The kubelet's way to the API server, whose service variables name the addresses that are really served. */
class LocalKubeletApi extends ClientKubeletApi {
  readonly #proxy: ServiceProxy;

  constructor(client: Client, name: string, proxy: ServiceProxy) {
    super(client, systemClock, name);
    this.#proxy = proxy;
  }

  override async listServices(namespace: string): Promise<readonly Service[]> {
    const services = await super.listServices(namespace);
    return services.map((service) => servedService(service, this.#proxy));
  }
}

function servedService(service: Service, proxy: ServiceProxy): Service {
  const { namespace = '', name = '' } = service.metadata;
  const served = (service.spec?.ports ?? []).map((port) =>
    proxy.addressOf(`${namespace}/${name}:${port.port}`),
  );
  const [first] = served;
  if (first === undefined) return service;
  return {
    ...service,
    spec: {
      ...service.spec,
      clusterIP: first.host,
      ports: (service.spec?.ports ?? []).map((port, i) => ({
        ...port,
        port: served[i]?.port ?? port.port,
      })),
    },
  };
}

/** Keeps the proxy and the names in step with Services and EndpointSlices. */
function servicesRunnable(manager: Manager, proxy: ServiceProxy, names: NameFiles): Runnable {
  return {
    name: 'service-proxy',
    needsLeaderElection: false,
    start: async (stop) => {
      const services = manager.cache.informer(Service);
      const slices = manager.cache.informer(EndpointSlice);
      const addressOf = (service: DeepReadonly<Service>): string | undefined => {
        const { namespace = '', name = '' } = service.metadata;
        const [port] = service.spec?.ports ?? [];
        return proxy.addressOf(`${namespace}/${name}:${port?.port ?? 0}`)?.host;
      };
      const update = (): void => {
        const all = services.list();
        void proxy
          .update(serviceTable(all, slices.list()))
          .then(() => names.update(serviceNames(all, slices.list(), addressOf)));
      };
      const handler = { added: update, updated: update, deleted: update };
      using _services = services.addEventHandler(handler);
      using _slices = slices.addEventHandler(handler);
      await new Promise<void>((resolve) => {
        if (stop.aborted) resolve();
        else stop.addEventListener('abort', () => resolve(), { once: true });
      });
    },
  };
}
