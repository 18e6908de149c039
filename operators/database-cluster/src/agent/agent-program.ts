import { join } from 'node:path';
import { Client, loadKubeConfig } from '@kubewright/client';
import { SystemClock, type Logger } from '@kubewright/runtime';
import { agentPort, controlPath, secretsPath } from '../objects/pod-paths.ts';
import { Agent } from './agent.ts';
import { AgentEndpoint } from './agent-endpoint.ts';
import { ControlFolder } from './control-folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs the agent of the pod that the environment describes, until the signal aborts.
 *
 * @throws TypeError when a variable is missing or makes no sense.
 */
export async function runAgent(
  env: Environment,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const name = variable(env, 'POD_NAME');
  const namespace = variable(env, 'POD_NAMESPACE');
  const address = variable(env, 'POD_IP');
  // A node that runs containers as plain processes mounts volumes below this folder.
  const root = env['KUBEWRIGHT_ROOT'] ?? '/';
  const clock = new SystemClock();
  await using client = await Client.fromKubeConfig(await loadKubeConfig({ env }), {
    fieldManager: 'database-cluster-agent',
    userAgent: 'database-cluster-agent',
  });
  const agent = new Agent({
    name,
    uid: variable(env, 'POD_UID'),
    namespace,
    address,
    leaseName: variable(env, 'LEASE_NAME'),
    domain: variable(env, 'POD_DOMAIN'),
    client,
    control: new ControlFolder(join(root, controlPath)),
    secretsFolder: join(root, secretsPath),
    times: {
      leaseDurationMs: seconds(env, 'LEASE_DURATION_SECONDS', 15),
      retryPeriodMs: seconds(env, 'RETRY_PERIOD_SECONDS', 2),
    },
    clock,
    logger,
  });
  await using endpoint = new AgentEndpoint(agent, {
    host: address,
    port: agentPort,
    clock,
  });
  await endpoint.start();
  await agent.run(signal);
}

function variable(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new TypeError(`the variable ${name} is not set`);
  return value;
}

function seconds(env: Environment, name: string, fallback: number): number {
  const value = Number(env[name] ?? fallback);
  if (!Number.isFinite(value) || value <= 0) {
    throw new TypeError(`the variable ${name} must be a number of seconds above 0`);
  }
  return value * 1000;
}
