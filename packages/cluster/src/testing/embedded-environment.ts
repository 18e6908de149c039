import type { Fault } from '@kubewright/apiserver';
import { Client, KubeConfig } from '@kubewright/client';
import { EmbeddedCluster, type EmbeddedClusterOptions } from '../embedded-cluster.ts';
import { TestDefinitions } from './definitions.ts';
import { TestNamespaces } from './namespaces.ts';
import type { TestEnvironment, TestFaultEffect, TestUser } from './test-environment.ts';

/** Starts the embedded cluster as a test environment, with or without a socket between it and the clients. */
export async function startEmbeddedEnvironment(
  kind: 'in-process' | 'tls',
  options: EmbeddedClusterOptions = {},
): Promise<TestEnvironment> {
  const { hasControllers = false, hasNode = false } = options;
  const cluster = await EmbeddedCluster.start({ ...options, hasControllers, hasNode });
  const clients = new AsyncDisposableStack();
  const namespaces = new TestNamespaces(cluster.client, hasControllers);
  const definitions = new TestDefinitions(cluster.client);
  const { server } = cluster;
  async function client(as?: TestUser): Promise<Client> {
    if (kind === 'in-process') {
      return clients.use(new Client({ transport: server.transport(as) }));
    }
    const text = await server.kubeconfig(as);
    return clients.use(await Client.fromKubeConfig(KubeConfig.fromString(text)));
  }
  return {
    kind,
    capabilities: { controllers: hasControllers, node: hasNode },
    ...(kind === 'tls' ? { kubeconfigPath: cluster.kubeconfigPath } : {}),
    faults: {
      restartServer: () => server.restart(),
      cutWatches: async () => {
        server.faults.cutWatches();
      },
      compact: async () => {
        server.faults.compact();
      },
      inject: ({ effect, times, ...match }) =>
        server.faults.inject({ match, times, ...faultOf(effect) }),
    },
    client,
    newNamespace: () => namespaces.create(),
    install: (...manifests) => definitions.install(manifests),
    async [Symbol.asyncDispose]() {
      await clients.disposeAsync();
      await cluster.stop();
    },
  };
}

function faultOf(effect: TestFaultEffect): Fault {
  switch (effect.type) {
    case 'refusal': {
      const { code, retryAfterSeconds } = effect;
      const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
      return { status: { code, ...details } };
    }
    case 'reset':
      return { reset: true };
    case 'lost-answer':
      return { loseAnswer: true };
    default:
      return effect satisfies never;
  }
}
