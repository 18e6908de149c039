import { readFile } from 'node:fs/promises';
import {
  ConfigMap,
  isConditionTrue,
  isNotFound,
  Node,
  ServiceAccount,
  type NamespacedName,
  type Resource,
} from '@kubewright/apimachinery';
import { Client, KubeConfig } from '@kubewright/client';
import { parse, stringify } from 'yaml';
import { LocalServer } from './local-server.ts';
import { TestNamespaces } from './namespaces.ts';
import type { TestEnvironment, TestUser } from './test-environment.ts';

/** Longest wait for what a controller manager makes, in milliseconds. */
const appearLimitMs = 3_000;
const pollMs = 100;

/** Starts etcd and kube-apiserver from a folder of programs as a test environment. */
export async function startLocalBinaries(assets: string): Promise<TestEnvironment> {
  const server = await LocalServer.start(assets);
  try {
    const environment = await connectExisting(server.kubeconfigPath);
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

/** Takes the cluster of a kubeconfig as a test environment. Its own namespaces are deleted at the end, nothing else. */
export async function connectExisting(kubeconfigPath: string): Promise<TestEnvironment> {
  const clients = new AsyncDisposableStack();
  const text = await readFile(kubeconfigPath, 'utf8');
  async function client(as?: TestUser): Promise<Client> {
    const config = KubeConfig.fromString(as === undefined ? text : impersonating(text, as));
    return clients.use(await Client.fromKubeConfig(config));
  }
  const admin = await client();
  const namespaces = new TestNamespaces(admin);
  const controllers = await hasControllers(admin);
  return {
    kind: 'existing',
    capabilities: { controllers, node: await hasReadyNode(admin) },
    kubeconfigPath,
    client,
    async newNamespace() {
      const namespace = await namespaces.create();
      if (controllers) await untilFurnished(admin, namespace);
      return namespace;
    },
    async [Symbol.asyncDispose]() {
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
  return stringify({ ...config, users }, { version: '1.1', lineWidth: 0 });
}

/** A controller manager gives the default namespace its account within moments. */
async function hasControllers(client: Client): Promise<boolean> {
  return appears(client, ServiceAccount, { namespace: 'default', name: 'default' });
}

/** What controllers put into every namespace is there: a test that counts or watches does not see it come. */
async function untilFurnished(client: Client, namespace: string): Promise<void> {
  await appears(client, ServiceAccount, { namespace, name: 'default' });
  await appears(client, ConfigMap, { namespace, name: 'kube-root-ca.crt' });
}

/** Whether an object is there, or comes soon. */
async function appears(
  client: Client,
  resource: Resource,
  reference: NamespacedName,
): Promise<boolean> {
  const deadline = Date.now() + appearLimitMs;
  do {
    try {
      await client.get(resource, reference);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  } while (Date.now() < deadline);
  return false;
}

async function hasReadyNode(client: Client): Promise<boolean> {
  const { items } = await client.list(Node);
  return items.some((node) => isConditionTrue(node.status?.conditions, 'Ready'));
}
