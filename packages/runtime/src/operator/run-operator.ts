import { Client, loadKubeConfig } from '@kubewright/client';
import { newIdentity } from '../election/election-identity.ts';
import type { Logger } from '../logging/logger.ts';
import { createLogger } from '../logging/pino-logger.ts';
import { Manager } from '../manager/manager.ts';
import type { LeaderElectionOptions } from '../manager/manager-options.ts';
import { createRegistry } from '../metrics/registry.ts';
import { requestMetrics } from '../metrics/request-metrics.ts';
import { MountedCertificates } from '../webhook/certificates/mounted-certificates.ts';
import { SelfManagedCertificates } from '../webhook/certificates/self-managed-certificates.ts';
import type { WebhooksOptions } from '../webhook/webhooks.ts';
import { parseArguments, type OperatorArguments } from './arguments.ts';
import type { OptionValues } from './option.ts';
import {
  defineProgram,
  type OperatorProgram,
  type ProgramDefinition,
  type ProgramOptions,
} from './program.ts';
import { isUninstallStep, uninstall, type UninstallStep } from './uninstall.ts';

/** How a run ended: it was stopped in good order (or help was asked for); it failed; the usage was wrong. */
export type ExitCode = 0 | 1 | 2;

/** Where an operator runs. Default of each part: the process. */
export interface OperatorHost {
  /** Without the program and the script. */
  readonly argv?: readonly string[];
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes the help. */
  readonly writeOut?: (text: string) => void;
  /** Takes what is wrong with the usage, and why the run failed when nothing is logged. */
  readonly writeError?: (text: string) => void;
  /** Default: JSON lines on standard output, from the level that the command line names. */
  readonly logger?: Logger;
  /** Stops the operator in good order. Default: only signals of the process do. */
  readonly signal?: AbortSignal;
  /** SIGTERM and SIGINT stop the operator, a second one aborts the work in flight. Default true. */
  readonly handleSignals?: boolean;
}

/**
 * Runs an operator from its command line and environment to its end: reads the options, connects, makes the manager, has the
 * program set it up, and runs it until a signal comes or something fails.
 *
 * Guarantees: it never rejects and never ends the process; why it failed is in the log, or on standard error when nothing is logged. When the
 * answer is there, all has ended that would end; after a `ShutdownError` something still runs, which only the end of the process ends. A main
 * module therefore exits with the answer. With a word of `UninstallStep` before the options it takes that step instead, for programs that
 * hold objects; `OPERATOR_PODS` is the label selector of the pods whose end `release` waits for.
 *
 * @example
 * ```ts
 * process.exit(
 *   await runOperator({
 *     name: 'foo',
 *     description: 'Keeps Foos happy.',
 *     setup: (manager, { concurrency }) => {
 *       manager.add(createFooController(manager, { concurrency }));
 *     },
 *   }),
 * );
 * ```
 */
export async function runOperator<const Options extends ProgramOptions = {}>(
  definition: ProgramDefinition<Options>,
  host: OperatorHost = {},
): Promise<ExitCode> {
  const { argv = process.argv.slice(2), env = process.env } = host;
  const writeError = host.writeError ?? ((text) => void process.stderr.write(text));
  const program = defineProgram(definition);
  const [first, ...rest] = argv;
  const step = program.holds.length > 0 && isUninstallStep(first) ? first : undefined;
  const parsed = parseArguments(program, step === undefined ? argv : rest, env);
  if (parsed.type === 'exit') {
    const writeOut = host.writeOut ?? ((text) => void process.stdout.write(text));
    (parsed.exitCode === 0 ? writeOut : writeError)(parsed.output);
    return parsed.exitCode;
  }
  const { arguments: given, options } = parsed;
  const logger = host.logger ?? createLogger({ level: given.logLevel });
  try {
    await (step === undefined
      ? operate(program, given, options, { ...host, env, logger })
      : takeStep(step, program, given, { ...host, env, logger }));
    return 0;
  } catch (error) {
    logger.error('the operator ended', { error });
    // Of a step, Helm shows a person what is written.
    if (given.logLevel === 'silent' || step !== undefined) {
      writeError(`${program.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    return 1;
  }
}

/** Connects, sets up and runs. @throws whatever keeps it from running, or ended it. */
async function operate<Options extends ProgramOptions>(
  program: OperatorProgram<Options>,
  given: OperatorArguments,
  options: OptionValues<Options>,
  {
    env,
    logger,
    signal,
    handleSignals = true,
  }: OperatorHost & Required<Pick<OperatorHost, 'env' | 'logger'>>,
): Promise<void> {
  const { name } = program;
  const config = await loadKubeConfig({ path: given.kubeconfig, context: given.context, env });
  const registry = createRegistry();
  await using client = await Client.fromKubeConfig(config, {
    fieldManager: name,
    userAgent: name,
    onRequest: requestMetrics(registry),
    onWarning: (warning) => {
      logger.warn('the API server warns', { warning });
    },
  });
  const { cluster, namespace } = config.current();
  const ownNamespace = env['POD_NAMESPACE'] || namespace || 'default';
  const namespaces = given.allNamespaces ? undefined : (given.namespaces ?? [ownNamespace]);
  // A node whose containers share an address with others tells each where to listen; elsewhere: everywhere.
  const host = env['HOST'] || undefined;
  const podName = env['POD_NAME'] || undefined;
  const self = podName === undefined ? undefined : { namespace: ownNamespace, name: podName };
  const manager = new Manager({
    client,
    logger,
    registry,
    namespaces,
    metrics: { port: given.metricsPort, path: given.metricsPath, host },
    health: { port: given.healthPort, host },
    webhooks: webhooksOf(given, ownNamespace, host),
    leaderElection: given.leaderElect ? electionOf(given, ownNamespace, podName) : undefined,
    pod: self === undefined ? undefined : { ...self, uid: env['POD_UID'] || undefined },
  });
  const setUp = await program.setup(manager, {
    options,
    concurrency: given.concurrency,
    ownNamespace,
    self,
    host,
  });
  await using resources = new AsyncDisposableStack();
  if (setUp !== undefined) resources.use(setUp);
  logger.info('starting', {
    operator: name,
    cluster: cluster.server,
    namespaces: namespaces ?? 'all',
    leaderElection: given.leaderElect,
  });
  await manager.run({ handleSignals, signal });
}

/** Connects, and takes a step of an uninstallation, which may be cut off anywhere. @throws whatever is in its way. */
async function takeStep(
  step: UninstallStep,
  { name, holds }: Pick<OperatorProgram, 'name' | 'holds'>,
  given: OperatorArguments,
  {
    env,
    logger,
    signal = new AbortController().signal,
  }: OperatorHost & Required<Pick<OperatorHost, 'env' | 'logger'>>,
): Promise<void> {
  const config = await loadKubeConfig({ path: given.kubeconfig, context: given.context, env });
  await using client = await Client.fromKubeConfig(config, { fieldManager: name, userAgent: name });
  const namespace = env['POD_NAMESPACE'] || config.current().namespace || 'default';
  const labelSelector = env['OPERATOR_PODS'];
  await uninstall(step, {
    client,
    holds,
    namespaces: given.allNamespaces ? undefined : (given.namespaces ?? [namespace]),
    pods: labelSelector ? { namespace, labelSelector } : undefined,
    logger,
    signal,
  });
}

function webhooksOf(
  { webhooks }: OperatorArguments,
  namespace: string,
  host: string | undefined,
): WebhooksOptions {
  if (webhooks === undefined) return { port: false };
  const { port } = webhooks;
  if (webhooks.certificates === 'mounted') {
    return { port, host, certificates: new MountedCertificates({ directory: webhooks.folder }) };
  }
  return {
    port,
    host,
    certificates: new SelfManagedCertificates({
      secret: { namespace, name: webhooks.secret },
      service: { namespace, name: webhooks.service },
    }),
  };
}

function electionOf(
  given: OperatorArguments,
  ownNamespace: string,
  podName: string | undefined,
): LeaderElectionOptions {
  // A pod's host name is its own on most nodes, and shared on the host's network or where containers are plain processes.
  const identity = given.leaderElectionIdentity ?? podName;
  return {
    leaseName: given.leaderElectionName,
    leaseNamespace: given.leaderElectionNamespace ?? ownNamespace,
    leaseDurationMs: given.leaseDurationSeconds * 1000,
    renewDeadlineMs: given.renewDeadlineSeconds * 1000,
    retryPeriodMs: given.retryPeriodSeconds * 1000,
    ...(identity === undefined ? {} : { identity: newIdentity(identity) }),
  };
}
