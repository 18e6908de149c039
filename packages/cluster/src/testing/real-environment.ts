import { readFile } from 'node:fs/promises';
import { isConditionTrue, Node, StatusError, writeYaml } from '@kubewright/apimachinery';
import { Client, KubeConfig } from '@kubewright/client';
import { parse } from 'yaml';
import { TestDefinitions } from './definitions.ts';
import { LocalServer } from './local-server.ts';
import { hasControllers, TestNamespaces } from './namespaces.ts';
import type { TestEnvironment, TestUser } from './test-environment.ts';

/** Starts etcd and kube-apiserver from a folder of programs as a test environment. */
export async function startLocalBinaries(assets: string): Promise<TestEnvironment> {
  const server = await LocalServer.start(assets);
  try {
    const environment = await connect(server.kubeconfigPath, false);
    const prober = await environment.client();
    return {
      ...environment,
      kind: 'local-binaries',
      faults: {
        restartServer: async () => {
          await server.stopApiServer(true);
          await server.startApiServer();
        },
        cutWatches: async () => {
          server.cutConnections();
          await untilAnswered(prober);
        },
        compact: () => server.compact(),
      },
      async [Symbol.asyncDispose]() {
        await environment[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Takes the cluster of a kubeconfig as a test environment. Its own namespaces and definitions are deleted at the end, nothing else. */
export async function connectExisting(kubeconfigPath: string): Promise<TestEnvironment> {
  return connect(kubeconfigPath);
}

/**
 * Waits until a request is answered. By then this process has heard of the connections that were cut before, all at once: its other
 * clients send nothing more on theirs.
 */
async function untilAnswered(client: Client): Promise<void> {
  for (;;) {
    try {
      await client.serverVersion();
      return;
    } catch (error) {
      if (error instanceof StatusError) throw error;
    }
  }
}

/** @param knownControllers - Whether there are controllers. Default: they have a moment to show. */
async function connect(
  kubeconfigPath: string,
  knownControllers?: boolean,
): Promise<TestEnvironment> {
  const clients = new AsyncDisposableStack();
  const text = await readFile(kubeconfigPath, 'utf8');
  async function client(as?: TestUser): Promise<Client> {
    const config = KubeConfig.fromString(as === undefined ? text : impersonating(text, as));
    return clients.use(await Client.fromKubeConfig(config));
  }
  const admin = await client();
  const controllers = knownControllers ?? (await hasControllers(admin));
  const namespaces = new TestNamespaces(admin, controllers);
  const definitions = new TestDefinitions(admin);
  return {
    kind: 'existing',
    capabilities: { controllers, node: await hasReadyNode(admin) },
    kubeconfigPath,
    client,
    newNamespace: () => namespaces.create(),
    install: (...manifests) => definitions.install(manifests),
    async [Symbol.asyncDispose]() {
      await definitions.removeAll();
      await namespaces.deleteAll();
      await clients.disposeAsync();
    },
  };
}

interface KubeconfigUsers {
  readonly users: readonly { readonly name: string; readonly user: Record<string, unknown> }[];
}

/** The same kubeconfig, every user of which acts as another. */
function impersonating(text: string, { user, groups = [] }: TestUser): string {
  const config = parse(text) as KubeconfigUsers; // a kubeconfig has users
  const users = config.users.map((entry) => ({
    ...entry,
    user: { ...entry.user, as: user, 'as-groups': groups },
  }));
  return writeYaml({ ...config, users });
}

async function hasReadyNode(client: Client): Promise<boolean> {
  const { items } = await client.list(Node);
  return items.some((node) => isConditionTrue(node.status?.conditions, 'Ready'));
}
