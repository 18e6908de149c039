import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { electionTimes } from '../election/election-settings.ts';
import type { OperatorOption, OptionValues } from './option.ts';
import type { OperatorProgram, ProgramOptions } from './program.ts';
import type { StandardOption, StandardValues } from './standard-options.ts';

/** What the command line and the environment ask for. */
export interface OperatorArguments extends Omit<
  StandardValues,
  'namespaces' | 'metrics' | 'leaderElectionNamespace' | 'leaderElectionIdentity' | WebhookOption
> {
  /** Path of the kubeconfig; undefined: wherever one is found. */
  readonly kubeconfig: string | undefined;
  /** Name of its context; undefined: the current one. */
  readonly context: string | undefined;
  /** Namespaces to watch; undefined: the own one, or all of them. */
  readonly namespaces: readonly string[] | undefined;
  /** Whether all namespaces are watched. */
  readonly allNamespaces: boolean;
  /** Namespace of the lease; undefined: the own one. */
  readonly leaderElectionNamespace: string | undefined;
  /** What this replica is called in the lease, before a random part; undefined: the pod in POD_NAME, else the host name. */
  readonly leaderElectionIdentity: string | undefined;
  /** Undefined: not at all. */
  readonly webhooks: WebhookArguments | undefined;
}

type WebhookOption = 'webhookPort' | 'webhookService' | 'webhookSecret' | 'webhookCertificates';

const webhookOptions: ReadonlySet<string> = new Set<WebhookOption>([
  'webhookPort',
  'webhookService',
  'webhookSecret',
  'webhookCertificates',
]);

/** How webhooks are served. */
export type WebhookArguments = { readonly port: number } & (
  | { readonly certificates: 'mounted'; readonly folder: string }
  /** Made by the operator; both names are of the own namespace. */
  | { readonly certificates: 'own'; readonly service: string; readonly secret: string }
);

/** The outcome of reading a command line. */
export type ParsedArguments<Options extends ProgramOptions = ProgramOptions> =
  | {
      readonly type: 'run';
      readonly arguments: OperatorArguments;
      readonly options: OptionValues<Options>;
    }
  /** Nothing to run: help was asked for (exit code 0), or the usage was wrong (exit code 2). */
  | { readonly type: 'exit'; readonly exitCode: 0 | 2; readonly output: string };

/** What of a program its command line shows. */
type ReadableProgram<Options extends ProgramOptions = ProgramOptions> = Omit<
  OperatorProgram<Options>,
  'setup'
>;

type Environment = Readonly<Record<string, string | undefined>>;

/** How a standard option is written, where not like any other. */
const flags: Partial<Record<StandardOption, string>> = { namespaces: '-n, --namespace <name...>' };

/**
 * Reads the command line of an operator. What it does not give is read from the environment, in which an empty text counts as absent.
 *
 * @param argv - Without the program and the script.
 */
export function parseArguments<Options extends ProgramOptions>(
  program: ReadableProgram<Options>,
  argv: readonly string[],
  env: Environment,
): ParsedArguments<Options> {
  let output = '';
  const command = newCommand(program, (text) => {
    output += text;
  });
  const settings = Object.entries<OperatorOption>({ ...program.standard, ...program.options })
    // Who serves no webhooks is not asked how.
    .filter(([name]) => program.servesWebhooks || !webhookOptions.has(name))
    .map(([name, option]) => addSetting(command, name, option));
  try {
    command.parse([...argv], { from: 'user' });
    for (const setting of settings) readVariable(command, setting, env);
    return {
      type: 'run',
      arguments: toArguments(command, program),
      // Safe: the options were added under these names, and each has its own parser or its default.
      options: command.opts<OptionValues<Options>>(),
    };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0
      ? { type: 'exit', exitCode: 0, output }
      : { type: 'exit', exitCode: 2, output: output || `${error.message}\n` };
  }
}

function newCommand(program: ReadableProgram, write: (text: string) => void): Command {
  const command = new Command(program.name)
    .description(program.description)
    .option(
      '--kubeconfig <path>',
      'kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the service account)',
    )
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('-A, --all-namespaces', 'watch all namespaces; needs a ClusterRole')
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  return program.version === undefined ? command : command.version(program.version);
}

/** An option of the command line and what stands in for it. */
interface Setting {
  /** What commander calls its value. */
  readonly attribute: string;
  readonly env: string | undefined;
  readonly parse: (text: string) => unknown;
}

function addSetting(command: Command, name: string, option: OperatorOption): Setting {
  const { env, parse, default: value, schema } = option;
  const flag = flags[name as StandardOption] ?? `--${kebab(name)}`;
  const isSwitch = schema.type === 'boolean';
  const notes = [
    ...(env === undefined ? [] : [`env: ${env}`]),
    // An empty text and no list at all stand for a default that the description tells, a switch for its opposite.
    ...(isSwitch || value === '' || Array.isArray(value) ? [] : [`default: ${String(value)}`]),
  ];
  const description = `${option.description}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
  if (isSwitch) {
    // Both, so that the command line can go against the environment; the help shows the one that changes something.
    command.addOption(new Option(flag, description).hideHelp(value === true));
    const opposite = new Option(`--no-${kebab(name)}`, `do not ${description}`);
    command.addOption(opposite.hideHelp(value !== true));
    command.setOptionValueWithSource(name, value, 'default');
    return { attribute: name, env, parse };
  }
  const placeholder = flag.includes('<')
    ? ''
    : ` <${schema.type === 'integer' ? 'number' : 'text'}>`;
  const added = new Option(`${flag}${placeholder}`, description).argParser(
    (text: string, previous: unknown): unknown => {
      const parsed = readable(parse, text);
      // Given again, a list grows; the default is no part of it.
      return Array.isArray(parsed) && Array.isArray(previous) && previous !== value
        ? [...(previous as unknown[]), ...(parsed as unknown[])]
        : parsed;
    },
  );
  // Not by default(): the help would repeat it.
  command.addOption(added);
  command.setOptionValueWithSource(added.attributeName(), value, 'default');
  return { attribute: added.attributeName(), env, parse };
}

/** What commander tells the user is what the parser says. */
function readable(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

// Not commander's own way: that always reads the variables of the process.
function readVariable(
  command: Command,
  { attribute, env, parse }: Setting,
  from: Environment,
): void {
  const text = env === undefined ? undefined : from[env];
  if (env === undefined || text === undefined || text === '') return;
  if (command.getOptionValueSource(attribute) === 'cli') return;
  try {
    command.setOptionValueWithSource(attribute, parse(text), 'env');
  } catch (error) {
    command.error(`error: the environment variable ${env} is "${text}": ${messageOf(error)}`);
  }
}

function toArguments(command: Command, program: ReadableProgram): OperatorArguments {
  // Safe: added above under these names, with parsers and defaults of these types.
  const values: Omit<StandardValues, 'namespaces' | WebhookOption> &
    Partial<Pick<StandardValues, WebhookOption>> & {
      kubeconfig?: string;
      context?: string;
      namespace: readonly string[];
      allNamespaces?: true;
    } = command.opts();
  const { allNamespaces = false } = values;
  if (allNamespaces && command.getOptionValueSource('namespace') === 'cli') {
    command.error("error: options '--all-namespaces' and '--namespace' exclude each other");
  }
  const isNamed = values.namespace.length > 0 && !allNamespaces;
  try {
    electionTimes({
      leaseDurationMs: values.leaseDurationSeconds * 1000,
      renewDeadlineMs: values.renewDeadlineSeconds * 1000,
      retryPeriodMs: values.retryPeriodSeconds * 1000,
    });
  } catch (error) {
    command.error(`error: ${messageOf(error)}`);
  }
  return {
    kubeconfig: values.kubeconfig,
    context: values.context,
    namespaces: isNamed ? values.namespace : undefined,
    allNamespaces: allNamespaces || (!isNamed && program.watches === 'all-namespaces'),
    leaderElect: values.leaderElect,
    leaderElectionNamespace: values.leaderElectionNamespace || undefined,
    leaderElectionName: values.leaderElectionName,
    leaderElectionIdentity: values.leaderElectionIdentity || undefined,
    leaseDurationSeconds: values.leaseDurationSeconds,
    renewDeadlineSeconds: values.renewDeadlineSeconds,
    retryPeriodSeconds: values.retryPeriodSeconds,
    concurrency: values.concurrency,
    metricsPort: values.metrics ? values.metricsPort : false,
    metricsPath: values.metricsPath,
    healthPort: values.healthPort,
    logLevel: values.logLevel,
    webhooks: webhooksOf(values),
  };
}

function webhooksOf({
  webhookPort: port = false,
  webhookService: service = '',
  webhookSecret: secret = '',
  webhookCertificates: folder = '',
}: Partial<Pick<StandardValues, WebhookOption>>): WebhookArguments | undefined {
  if (port === false) return undefined;
  if (folder !== '') return { port, certificates: 'mounted', folder };
  if (service !== '') return { port, certificates: 'own', service, secret: secret || service };
  return undefined;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
