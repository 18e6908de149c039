import { Client, loadKubeConfig } from '@kubewright/client';
import type { KubeConfig } from '@kubewright/client';
import { createRegistry, Manager, requestMetrics } from '@kubewright/runtime';
import type { Logger } from '@kubewright/runtime';
import { createPodDiagnoserController, operatorName } from '../pod-diagnoser-controller.ts';
import { reportReadProblems } from '../report-read-problems.ts';
import type { OperatorArguments } from './arguments.ts';

/** What a run depends on besides its arguments. */
export interface OperatorRunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Stops the operator. Default: only SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal;
  readonly handleSignals?: boolean;
}

/**
 * Runs the operator until it is stopped.
 *
 * @throws KubeConfigError and CredentialError when there is no way to the cluster; what `Manager.run` throws.
 */
export async function runOperator(
  given: OperatorArguments,
  { env, logger, signal, handleSignals = false }: OperatorRunOptions,
): Promise<void> {
  const config = await loadKubeConfig({ path: given.kubeconfig, context: given.context, env });
  const registry = createRegistry();
  await using client = await Client.fromKubeConfig(config, {
    fieldManager: operatorName,
    userAgent: operatorName,
    onRequest: requestMetrics(registry),
    onWarning: (warning) => {
      logger.warn('the API server warns', { warning });
    },
  });
  const ownNamespace = env['POD_NAMESPACE'] || namespaceOf(config);
  const namespaces = given.allNamespaces ? undefined : (given.namespaces ?? [ownNamespace]);
  const manager = new Manager({
    client,
    logger,
    registry,
    // A node whose containers share an address with others tells each where to listen; elsewhere: everywhere.
    metrics: { port: given.metricsPort, host: env['HOST'] },
    health: { port: given.healthPort, host: env['HOST'] },
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(given.leaderElect
      ? {
          leaderElection: {
            leaseName: operatorName,
            leaseNamespace: given.leaderElectionNamespace ?? ownNamespace,
          },
        }
      : {}),
  });
  const podName = env['POD_NAME'];
  const self = podName === undefined ? undefined : { namespace: ownNamespace, name: podName };
  manager.add(createPodDiagnoserController(manager, { self }));
  using _reports = reportReadProblems(manager);
  logger.info('starting', {
    cluster: config.current().cluster.server,
    namespaces: namespaces ?? 'all',
    leaderElection: given.leaderElect,
  });
  await manager.run({ handleSignals, signal });
}

function namespaceOf(config: KubeConfig): string {
  return config.current().namespace || 'default';
}
