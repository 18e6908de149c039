import { randomInt } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isConditionTrue, isNotFound, Node, ServiceAccount } from '@kubewright/apimachinery';
import { ApiServer, type RequestRecord } from '@kubewright/apiserver';
import { Client } from '@kubewright/client';
import { silentLogger, type Logger } from '@kubewright/runtime';
import { makeClusterFolder } from './cluster-folder.ts';
import { runControlPlane } from './control-plane.ts';
import { ImageStore, type Image, type ImageMap, type KubeletSettings } from './kubelet/index.ts';
import { openForPassing } from './kubelet/users/file-ownership.ts';
import { runLocalNode } from './local-node.ts';

/** Options of an {@link EmbeddedCluster}. */
export interface EmbeddedClusterOptions {
  /** Image names and the programs they stand for. More can be added while the cluster runs. */
  readonly images?: ImageMap;
  /** Port of the API server on 127.0.0.1. Default 0: any that is free. */
  readonly port?: number;
  /** Folder under which the cluster makes its own. Default: the system's temporary folder. */
  readonly parentFolder?: string;
  /** What a user may tune in the kubelet, such as back-off times. */
  readonly kubelet?: KubeletSettings;
  /** Run the built-in controllers and the scheduler. Default true. */
  readonly hasControllers?: boolean;
  /** Run a node. Default true. */
  readonly hasNode?: boolean;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Told of each request to the API server. */
  readonly onRequest?: (record: RequestRecord) => void;
  /** Ends the start; it then rejects with the signal's reason and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** Name of the cluster's node. */
export const nodeName = 'kubewright-node';
/** Pause between two looks at what is not ready yet, in milliseconds. */
const pollMs = 20;

/**
 * A Kubernetes cluster in this process: API server, built-in controllers, scheduler, and a node whose containers
 * are local processes. Nothing but Node is needed, and kubectl works against it.
 *
 * Guarantees: when {@link stop} has resolved, no process, port or file is left. Containers end also when this
 * process is killed.
 *
 * @example
 * ```ts
 * await using cluster = await EmbeddedCluster.start();
 * await cluster.client.list(Pod, { namespace: 'default' });
 * ```
 */
export class EmbeddedCluster implements AsyncDisposable {
  readonly server: ApiServer;
  /** An administrator's client, without a socket. */
  readonly client: Client;
  /** File with the kubeconfig of an administrator, over TLS. */
  readonly kubeconfigPath: string;
  /** URL of the API server. */
  readonly url: string;
  /** Rejects when a part of the cluster has failed; resolves when the cluster was stopped. */
  readonly ended: Promise<void>;
  readonly #images: ImageStore;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    parts: Pick<EmbeddedCluster, 'server' | 'client' | 'kubeconfigPath' | 'url' | 'ended'>,
    images: ImageStore,
    resources: AsyncDisposableStack,
  ) {
    this.server = parts.server;
    this.client = parts.client;
    this.kubeconfigPath = parts.kubeconfigPath;
    this.url = parts.url;
    this.ended = parts.ended;
    this.#images = images;
    this.#resources = resources;
  }

  /**
   * Starts a cluster and waits until pods can be made in it.
   *
   * @throws ClusterFolderError when there is no place for its files.
   * @throws ListenError when the port is in use.
   */
  static async start(options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> {
    await using resources = new AsyncDisposableStack();
    const { hasControllers = true, hasNode = true, logger = silentLogger, signal } = options;
    signal?.throwIfAborted();
    const folder = await makeClusterFolder(options.parentFolder);
    resources.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const nodeFolder = join(folder, 'node');
    await mkdir(nodeFolder);
    // Pods may have users of their own, who have to pass on their way to their volumes.
    for (const path of [folder, nodeFolder]) await openForPassing(path);
    const server = resources.use(
      new ApiServer({
        // Addresses that this machine can listen on without set-up; another network for each cluster.
        serviceClusterIpRange: `127.${randomInt(16, 240)}.0.0/16`,
        ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
      }),
    );
    const { url, port, caCertificate } = await server.listen({
      host: '127.0.0.1',
      port: options.port ?? 0,
    });
    const kubeconfigPath = join(folder, 'kubeconfig');
    await writeFile(kubeconfigPath, await server.kubeconfig(), { mode: 0o600 });
    const clientAs = (user: string): Client => {
      const transport = server.transport({ user, groups: ['system:masters'] });
      return resources.use(new Client({ transport, fieldManager: user, userAgent: user }));
    };
    const client = clientAs('kubernetes-admin');
    const images = new ImageStore(options.images);
    const stopping = new AbortController();
    const tasks: Promise<void>[] = [];
    if (hasControllers) {
      const controllerClient = clientAs('kube-controller-manager');
      tasks.push(
        runControlPlane(
          {
            client: controllerClient,
            caCertificate,
            issueSecretToken: (secret) => server.issueSecretToken(secret),
            logger,
          },
          stopping.signal,
        ),
      );
    }
    if (hasNode) {
      tasks.push(
        runLocalNode(
          {
            name: nodeName,
            server,
            client: clientAs('kubelet'),
            images,
            dataDir: nodeFolder,
            shortDir: join(folder, 'c'),
            settings: options.kubelet,
            apiServer: () => ({ host: '127.0.0.1', port }),
            logger,
          },
          stopping.signal,
        ),
      );
    }
    const ended = Promise.all(tasks).then(() => undefined);
    ended.catch(() => undefined); // told through `ended` and, during the start, below
    resources.defer(async () => {
      stopping.abort(new Error('the cluster is being stopped'));
      await Promise.allSettled(tasks);
    });
    await Promise.race([
      untilReady(client, { hasControllers, hasNode }, signal),
      ended.then(() => Promise.withResolvers<never>().promise),
    ]);
    return new EmbeddedCluster(
      { server, client, kubeconfigPath, url, ended },
      images,
      resources.move(),
    );
  }

  /**
   * Adds an image, or replaces what its name stands for; containers that run keep what they were started with.
   *
   * @throws TypeError when the name is no image reference.
   */
  registerImage(name: string, image: Image): void {
    this.#images.register(name, image);
  }

  /** Stops everything and removes the cluster's files; may be repeated. */
  async stop(): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function untilReady(
  client: Client,
  parts: { readonly hasControllers: boolean; readonly hasNode: boolean },
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const isNodeReady = !parts.hasNode || (await nodeIsReady(client));
    const hasAccount = !parts.hasControllers || (await accountExists(client));
    if (isNodeReady && hasAccount) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function nodeIsReady(client: Client): Promise<boolean> {
  const { items } = await client.list(Node);
  return items.some((node) => isConditionTrue(node.status?.conditions, 'Ready'));
}

async function accountExists(client: Client): Promise<boolean> {
  try {
    await client.get(ServiceAccount, { namespace: 'default', name: 'default' });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
