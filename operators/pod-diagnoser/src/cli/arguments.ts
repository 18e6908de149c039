import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseLogLevel } from '@kubewright/runtime';
import type { LogLevel } from '@kubewright/runtime';
import { validateDnsLabel } from '@kubewright/apimachinery';

/** What the command line and the environment ask for. */
export interface OperatorArguments {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Namespaces to watch; undefined: the own one. */
  readonly namespaces: readonly string[] | undefined;
  readonly allNamespaces: boolean;
  readonly leaderElect: boolean;
  /** Namespace of the lease; undefined: the own one. */
  readonly leaderElectionNamespace: string | undefined;
  /** False: no server. */
  readonly metricsPort: number | false;
  /** False: no server. */
  readonly healthPort: number | false;
  readonly logLevel: LogLevel;
}

/** The outcome of reading a command line. */
export type ParsedArguments =
  | { readonly type: 'run'; readonly arguments: OperatorArguments }
  /** Nothing to run: help was asked for (exit code 0), or the usage was wrong (exit code 2). */
  | { readonly type: 'exit'; readonly exitCode: 0 | 2; readonly output: string };

/**
 * Reads the command line of the operator. Each option has an environment variable too; the option wins.
 *
 * @param argv - Without the program and the script.
 */
export function parseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  let output = '';
  const command = newCommand((text) => {
    output += text;
  });
  try {
    command.parse([...argv], { from: 'user' });
    readEnvironment(command, env);
    return { type: 'run', arguments: toArguments(command) };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0
      ? { type: 'exit', exitCode: 0, output }
      : { type: 'exit', exitCode: 2, output: output || `${error.message}\n` };
  }
}

function newCommand(write: (text: string) => void): Command {
  return new Command('pod-diagnoser')
    .description('Sees pods crash, says why, and heals what can be healed safely.')
    .option(
      '--kubeconfig <path>',
      'kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the service account)',
    )
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .addOption(
      new Option(
        '-n, --namespace <name...>',
        'namespaces to watch (default: the own one; env: WATCH_NAMESPACE)',
      ).argParser(parseNamespaces),
    )
    .option('-A, --all-namespaces', 'watch all namespaces; needs a ClusterRole', false)
    .addOption(
      new Option('--leader-elect', 'let one replica work at a time (env: LEADER_ELECT)').default(
        false,
      ),
    )
    .option(
      '--leader-election-namespace <name>',
      'namespace of the lease (default: the own one)',
      parseNamespace,
    )
    .addOption(
      new Option('--metrics-port <port>', 'port of /metrics, or "off" (env: METRICS_PORT)')
        .default(8080)
        .argParser(parsePort),
    )
    .addOption(
      new Option(
        '--health-port <port>',
        'port of /healthz and /readyz, or "off" (env: HEALTH_PORT)',
      )
        .default(8081)
        .argParser(parsePort),
    )
    .addOption(
      new Option('--log-level <level>', 'debug, info, warn, error or silent (env: LOG_LEVEL)')
        .default('info')
        .argParser(parseLevel),
    )
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
}

function toArguments(command: Command): OperatorArguments {
  // Typed by the options above; commander itself cannot know.
  const values: {
    kubeconfig?: string;
    context?: string;
    namespace?: string[];
    allNamespaces: boolean;
    leaderElect: boolean;
    leaderElectionNamespace?: string;
    metricsPort: number | false;
    healthPort: number | false;
    logLevel: LogLevel;
  } = command.opts();
  const fromCommandLine = command.getOptionValueSource('namespace') === 'cli';
  if (values.allNamespaces && fromCommandLine) {
    command.error("error: options '--all-namespaces' and '--namespace' exclude each other");
  }
  return {
    kubeconfig: values.kubeconfig,
    context: values.context,
    namespaces: values.allNamespaces ? undefined : values.namespace,
    allNamespaces: values.allNamespaces,
    leaderElect: values.leaderElect,
    leaderElectionNamespace: values.leaderElectionNamespace,
    metricsPort: values.metricsPort,
    healthPort: values.healthPort,
    logLevel: values.logLevel,
  };
}

/** Environment variables, by the option that they stand in for. Not commander's own: those are always of the process. */
const variables: ReadonlyMap<string, string> = new Map([
  ['namespace', 'WATCH_NAMESPACE'],
  ['leaderElect', 'LEADER_ELECT'],
  ['metricsPort', 'METRICS_PORT'],
  ['healthPort', 'HEALTH_PORT'],
  ['logLevel', 'LOG_LEVEL'],
]);

/** Fills options that the command line does not give. */
function readEnvironment(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const variable = variables.get(name);
    const text = variable === undefined ? undefined : env[variable];
    if (variable === undefined || text === undefined || text === '') continue;
    if (command.getOptionValueSource(name) === 'cli') continue;
    try {
      command.setOptionValueWithSource(name, valueOf(option, text), 'env');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      command.error(`error: the environment variable ${variable} is "${text}": ${why}`);
    }
  }
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

function valueOf(option: Option, text: string): unknown {
  if (option.isBoolean()) {
    const value = booleans.get(text.toLowerCase());
    if (value === undefined) throw new InvalidArgumentError('use true or false');
    return value;
  }
  // The parsers below look at the text alone when nothing was given before.
  return option.parseArg === undefined
    ? text
    : (option.parseArg as (text: string) => unknown)(text);
}

function parseNamespaces(text: string, previous: string[] = []): string[] {
  return [...previous, ...text.split(',').map(parseNamespace)];
}

function parseNamespace(text: string): string {
  const name = text.trim();
  const [problem] = validateDnsLabel(name);
  if (problem !== undefined)
    throw new InvalidArgumentError(`"${name}" is no namespace: ${problem}`);
  return name;
}

function parsePort(text: string): number | false {
  if (text === 'off') return false;
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('use a whole number from 0 to 65535, or "off"');
  }
  return port;
}

function parseLevel(text: string): LogLevel {
  try {
    return parseLogLevel(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
