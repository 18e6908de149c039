import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { keyOf, keyOfName } from '@kubewright/apimachinery';
import { Client, loadKubeConfig } from '@kubewright/client';
import { diagnoseAll, type ContainerLog, type Subject } from '@kubewright/diagnosis';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes, type ExitCode } from '../exit-code.ts';
import { diagnoseCluster, type Diagnosis } from './diagnose-cluster.ts';
import { readInput } from './read-input.ts';
import { parseLogArgument, readLogFiles, type LogArgument } from './read-log-files.ts';
import { reportSchema } from './report-schema.ts';
import { reportText, type Paint } from './report-text.ts';
import { selectSubjects } from './select-subjects.ts';
import { snapshotOfObjects } from './snapshot-of-objects.ts';
import { parseSubjects, type SubjectArgument } from './subject-argument.ts';
import { unreadStatusOf } from './unread-status.ts';

interface DiagnoseOptions {
  readonly namespace?: string;
  readonly allNamespaces: boolean;
  readonly filename: readonly string[];
  readonly log: readonly LogArgument[];
  readonly previousLog: readonly LogArgument[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly now?: Date;
  readonly json: boolean;
  readonly schema: boolean;
  readonly verbose: boolean;
  readonly logs: boolean;
  /** Undefined: on a terminal only. */
  readonly color?: boolean;
}

const examples = `
Examples:
  kubewright diagnose pod/web-7d4b9 -n shop       one pod
  kubewright diagnose deployment/web -n shop      all pods of an owner
  kubewright diagnose -n shop                     a namespace
  kubewright diagnose --all-namespaces            the cluster
  kubewright diagnose -f pod.json -f events.json  offline, from files
  kubewright diagnose -f pod.json --previous-log app=app.log
                                                  with what "kubectl logs -p" wrote
  kubectl get pods,events -o json | kubewright diagnose

Ends with 0 when all is well, 3 when something is not, 1 when it could not be told, 2 when the command line is wrong.
It needs nothing but permission to read, and names what it may not read.`;

/** `kubewright diagnose`: why pods fail, from a cluster or from files. */
export function diagnoseCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return new Command('diagnose')
    .description('Say why pods fail, and how it is known.')
    .argument(
      '[subjects...]',
      'pod/NAME, deployment/NAME, statefulset/NAME, job/NAME, node/NAME … (default: all pods)',
    )
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .option('-A, --all-namespaces', 'the whole cluster', false)
    .addOption(
      new Option(
        '-f, --filename <path>',
        'read objects from a file instead of a cluster, "-" for standard input; repeatable',
      )
        .argParser((path: string, before: readonly string[]) => [...before, path])
        .default([], 'none'),
    )
    .addOption(
      logOption('--log <name=path>', 'beside -f: the log of CONTAINER or POD/CONTAINER', 'current'),
    )
    .addOption(logOption('--previous-log <name=path>', 'the log of its life before', 'previous'))
    .option(
      '--kubeconfig <path>',
      'kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the service account)',
    )
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .addOption(
      new Option(
        '--now <time>',
        'the moment at which files were written, RFC 3339 (default: told from the times in them)',
      ).argParser(parseTime),
    )
    .option('--json', 'print JSON; --schema prints its schema', false)
    .option('--schema', 'print the JSON schema of --json, and end', false)
    .option('-v, --verbose', 'also show the evidence, and what was considered and rejected', false)
    .option('--no-logs', 'do not read logs')
    .addOption(new Option('--color', 'colour also where the output is no terminal'))
    .addOption(new Option('--no-color', 'no colour'))
    .addHelpText('after', examples)
    .action(async (words: string[], options: DiagnoseOptions) => {
      if (options.schema) {
        context.stdout.write(`${JSON.stringify(reportSchema(), null, 2)}\n`);
        return;
      }
      const diagnosis = await diagnose(words, options, context);
      print(diagnosis, options, context);
      setExitCode(exitCodeOf(diagnosis));
    });
}

async function diagnose(
  words: readonly string[],
  options: DiagnoseOptions,
  context: CommandContext,
): Promise<Diagnosis> {
  const wanted = parseSubjects(words);
  if (options.allNamespaces && options.namespace !== undefined) {
    throw new CommandError('--all-namespaces and --namespace exclude each other', {
      code: 'usage',
    });
  }
  const files = inputFiles(wanted, options, context);
  if (files.length > 0) return diagnoseFiles(files, wanted, options, context);
  if (options.log.length + options.previousLog.length > 0) {
    throw new CommandError(
      '--log and --previous-log are for files: of a cluster logs are read as they are needed',
      { code: 'usage' },
    );
  }
  if (options.now !== undefined) {
    throw new CommandError('--now is for files: a cluster is looked at as it is', {
      code: 'usage',
    });
  }
  if (options.allNamespaces && wanted.some(({ kind }) => kind !== 'Node')) {
    throw new CommandError('with --all-namespaces name no subjects, or nodes', { code: 'usage' });
  }
  return connectAndDiagnose(wanted, options, context);
}

/** Standard input is read when nothing else is named and something is piped in. */
function inputFiles(
  wanted: readonly SubjectArgument[],
  { filename, namespace, allNamespaces, kubeconfig, context: name }: DiagnoseOptions,
  { hasInput }: CommandContext,
): readonly string[] {
  const namesCluster =
    namespace !== undefined || allNamespaces || kubeconfig !== undefined || name !== undefined;
  if (filename.length > 0 || namesCluster || wanted.length > 0) return filename;
  return hasInput ? ['-'] : [];
}

async function diagnoseFiles(
  files: readonly string[],
  wanted: readonly SubjectArgument[],
  { namespace, now, log, previousLog }: DiagnoseOptions,
  context: CommandContext,
): Promise<Diagnosis> {
  const objects = await readInput(files, context);
  const own = objects.filter(
    ({ metadata }) => namespace === undefined || (metadata.namespace ?? namespace) === namespace,
  );
  const seen = snapshotOfObjects(own, now);
  const logs = await readLogFiles([...log, ...previousLog], seen.pods, context);
  const snapshot = { ...seen, logs };
  const report = selectSubjects(diagnoseAll(snapshot), snapshot, wanted);
  const unread = new Map(
    snapshot.pods.flatMap((pod) => {
      const unreadable = unreadStatusOf(pod);
      return unreadable === undefined ? [] : [[keyOf(pod), unreadable] as const];
    }),
  );
  // Events may still say what is wrong with it; that nothing does is no sign of health.
  const isTold = ({ kind, namespace, name, healthy }: Subject): boolean =>
    !healthy || kind !== 'Pod' || !unread.has(keyOfName(namespace, name));
  const subjects = report.subjects.filter(isTold);
  return {
    report: { ...report, subjects },
    unreadable: [...unread.values()],
    isWhole: subjects.length === report.subjects.length,
    at: snapshot.now,
  };
}

function exitCodeOf({ report: { subjects, incidents }, isWhole }: Diagnosis): ExitCode {
  if (incidents.length > 0 || subjects.some(({ healthy }) => !healthy)) return exitCodes.found;
  return isWhole ? exitCodes.ok : exitCodes.failed;
}

async function connectAndDiagnose(
  wanted: readonly SubjectArgument[],
  options: DiagnoseOptions,
  { env, signal }: CommandContext,
): Promise<Diagnosis> {
  const { kubeconfig: path, context: name } = options;
  const config = await loadKubeConfig({
    env,
    ...(path === undefined ? {} : { path }),
    ...(name === undefined ? {} : { context: name }),
  });
  await using client = await Client.fromKubeConfig(config, { userAgent: 'kubewright-diagnose' });
  // Nodes have pods of all namespaces.
  const isWide =
    options.allNamespaces || (wanted.length > 0 && wanted.every(({ kind }) => kind === 'Node'));
  return await diagnoseCluster(client, {
    namespace: isWide ? undefined : (options.namespace ?? client.namespace),
    subjects: wanted,
    hasLogs: options.logs,
    signal,
  });
}

function print(
  diagnosis: Diagnosis,
  { json, verbose, color }: DiagnoseOptions,
  { stdout, env }: CommandContext,
): void {
  if (json) {
    const { report, unreadable, at } = diagnosis;
    const { subjects, incidents } = report;
    const document = { observedAt: at.toISOString(), subjects, incidents, unreadable };
    stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const hasColor = color ?? (stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
  const paint: Paint = hasColor
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
  stdout.write(
    reportText(diagnosis, {
      paint,
      columns: Math.min(stdout.columns ?? 100, 120),
      isDetailed: verbose,
    }),
  );
}

function logOption(flags: string, description: string, life: ContainerLog['life']): Option {
  return new Option(flags, `${description}; repeatable`)
    .argParser((word: string, before: readonly LogArgument[]) => {
      const argument = parseLogArgument(word, life);
      if (argument === undefined) {
        throw new InvalidArgumentError('use CONTAINER=PATH or POD/CONTAINER=PATH');
      }
      return [...before, argument];
    })
    .default([], 'none');
}

function parseTime(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('use RFC 3339, such as 2026-01-31T12:00:00Z');
  }
  return date;
}
