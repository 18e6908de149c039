import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  booleanOption,
  choiceOption,
  defineProgram,
  integerOption,
  parseArguments,
  stringOption,
} from '../src/operator/index.ts';
import type { OperatorArguments } from '../src/operator/index.ts';

const program = defineProgram({
  name: 'pod-diagnoser',
  version: '1.2.3',
  description: 'Sees pods crash.',
  setup: () => undefined,
});

function parsed(argv: readonly string[], env: Record<string, string> = {}): OperatorArguments {
  const result = parseArguments(program, argv, env);
  assert.equal(result.type, 'run');
  return result.arguments;
}

function usageError(argv: readonly string[], env: Record<string, string> = {}): string {
  const result = parseArguments(program, argv, env);
  assert.equal(result.type, 'exit');
  assert.equal(result.exitCode, 2);
  return result.output;
}

/** What speaks of the lease, as long as nothing is given. */
const lease = {
  leaderElectionName: 'pod-diagnoser',
  leaderElectionIdentity: undefined,
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
} as const;

test('without arguments it watches its own namespace, alone, on the usual ports', () => {
  assert.deepEqual(parsed([]), {
    kubeconfig: undefined,
    context: undefined,
    namespaces: undefined,
    allNamespaces: false,
    leaderElect: false,
    leaderElectionNamespace: undefined,
    ...lease,
    concurrency: 4,
    metricsPort: 8080,
    metricsPath: '/metrics',
    healthPort: 8081,
    logLevel: 'info',
    webhooks: undefined,
  });
});

test('reads options, several namespaces in either form, and ports that are off', () => {
  const given = parsed([
    ...['--kubeconfig', 'k', '--context', 'c', '-n', 'a,b', '--namespace', 'c', '--leader-elect'],
    ...['--leader-election-namespace', 'l', '--metrics-port', 'off', '--health-port', '0'],
    ...['--log-level', 'DEBUG'],
  ]);
  assert.deepEqual(given, {
    kubeconfig: 'k',
    context: 'c',
    namespaces: ['a', 'b', 'c'],
    allNamespaces: false,
    leaderElect: true,
    leaderElectionNamespace: 'l',
    ...lease,
    concurrency: 4,
    metricsPort: false,
    metricsPath: '/metrics',
    healthPort: 0,
    logLevel: 'debug',
    webhooks: undefined,
  });
});

test('reads the environment where the command line says nothing', () => {
  const env = {
    WATCH_NAMESPACE: 'a, b',
    LEADER_ELECT: 'true',
    METRICS_PORT: '9000',
    HEALTH_PORT: 'off',
    LOG_LEVEL: 'warn',
  };
  const fromEnvironment = parsed([], env);
  assert.deepEqual(fromEnvironment.namespaces, ['a', 'b']);
  assert.equal(fromEnvironment.leaderElect, true);
  assert.equal(fromEnvironment.metricsPort, 9000);
  assert.equal(fromEnvironment.healthPort, false);
  assert.equal(fromEnvironment.logLevel, 'warn');
  const given = parsed(['-n', 'c', '--metrics-port', '1'], env);
  assert.deepEqual(given.namespaces, ['c']);
  assert.equal(given.metricsPort, 1);
});

test('all namespaces is an explicit choice that wins over WATCH_NAMESPACE', () => {
  const given = parsed(['--all-namespaces'], { WATCH_NAMESPACE: 'a' });
  assert.equal(given.allNamespaces, true);
  assert.equal(given.namespaces, undefined);
  assert.match(usageError(['-A', '-n', 'a']), /exclude each other/);
});

test('says what is wrong with the usage', () => {
  assert.match(usageError(['--metrics-port', '70000']), /from 0 to 65535, or "off"/);
  assert.match(usageError(['--log-level', 'loud']), /choose one of debug, info/);
  assert.match(usageError(['-n', 'Not_A_Namespace']), /is no namespace/);
  assert.match(usageError(['--nonsense']), /unknown option '--nonsense'/);
  assert.match(usageError(['surplus']), /too many arguments/);
  assert.match(usageError([], { METRICS_PORT: 'x' }), /METRICS_PORT is "x"/);
  assert.match(
    usageError([], { LEADER_ELECT: 'maybe' }),
    /LEADER_ELECT is "maybe": use true or false/,
  );
});

test('shows its help', () => {
  const result = parseArguments(program, ['--help'], {});
  assert.equal(result.type, 'exit');
  assert.equal(result.exitCode, 0);
  assert.match(result.output, /--all-namespaces/);
  assert.match(
    result.output,
    /--lease-duration-seconds <number>.*\sLEASE_DURATION_SECONDS, default: 15/s,
  );
  assert.match(result.output, /--no-metrics +do not serve metrics/);
  assert.doesNotMatch(result.output, /--no-leader-elect/);
});

test('shows its version', () => {
  const result = parseArguments(program, ['--version'], {});
  assert.deepEqual(result, { type: 'exit', exitCode: 0, output: '1.2.3\n' });
});

test('the command line goes against a switch of the environment, either way', () => {
  assert.equal(parsed(['--no-leader-elect'], { LEADER_ELECT: 'true' }).leaderElect, false);
  assert.equal(parsed([], { METRICS_ENABLED: 'false' }).metricsPort, false);
  assert.equal(parsed(['--metrics'], { METRICS_ENABLED: '0' }).metricsPort, 8080);
});

test('refuses times of an election with which two could lead', () => {
  assert.match(usageError(['--lease-duration-seconds', '5']), /must be greater than renewDeadline/);
  assert.match(usageError(['--retry-period-seconds', '0']), /whole number from 1 to 3600/);
  const given = parsed(['--lease-duration-seconds', '60', '--renew-deadline-seconds', '40']);
  assert.deepEqual([given.leaseDurationSeconds, given.renewDeadlineSeconds], [60, 40]);
});

test('a program has its own variables and defaults of what every operator has', () => {
  const echo = defineProgram({
    name: 'echo',
    description: 'Says it.',
    watches: 'all-namespaces',
    defaults: { metricsPort: 2112, leaderElectionName: 'echoperator' },
    environment: {
      leaderElect: 'HA_ENABLED',
      leaderElectionName: 'HA_LEASE_LOCK_NAME',
      leaderElectionIdentity: 'HA_NODE_ID',
      concurrency: 'NUM_WORKERS',
    },
    setup: () => undefined,
  });
  const read = (env: Record<string, string>, argv: readonly string[] = []): OperatorArguments => {
    const result = parseArguments(echo, argv, env);
    assert.equal(result.type, 'run');
    return result.arguments;
  };

  const usual = read({ LEADER_ELECT: 'true' });
  assert.equal(usual.leaderElect, false);
  assert.equal(usual.allNamespaces, true);
  assert.equal(usual.metricsPort, 2112);
  assert.equal(usual.leaderElectionName, 'echoperator');

  const given = read(
    { HA_ENABLED: 'true', HA_LEASE_LOCK_NAME: 'other', HA_NODE_ID: 'node-1', NUM_WORKERS: '8' },
    ['-n', 'a'],
  );
  assert.equal(given.leaderElect, true);
  assert.equal(given.leaderElectionName, 'other');
  assert.equal(given.leaderElectionIdentity, 'node-1');
  assert.equal(given.concurrency, 8);
  assert.deepEqual(given.namespaces, ['a']);
  assert.equal(given.allNamespaces, false);
});

test('a program that serves webhooks does so where it is told how, and is not asked otherwise', () => {
  assert.match(usageError(['--webhook-port', '1']), /unknown option '--webhook-port'/);
  const serving = defineProgram({
    name: 'x',
    description: 'x',
    servesWebhooks: true,
    setup: () => undefined,
  });
  const webhooksOf = (env: Record<string, string>): unknown => {
    const result = parseArguments(serving, [], env);
    assert.equal(result.type, 'run');
    return result.arguments.webhooks;
  };
  assert.equal(webhooksOf({}), undefined);
  assert.deepEqual(webhooksOf({ WEBHOOK_SERVICE: 'x-webhook' }), {
    port: 9443,
    certificates: 'own',
    service: 'x-webhook',
    secret: 'x-webhook',
  });
  assert.deepEqual(webhooksOf({ WEBHOOK_SERVICE: 'x', WEBHOOK_CERTIFICATES: '/certs' }), {
    port: 9443,
    certificates: 'mounted',
    folder: '/certs',
  });
  assert.equal(webhooksOf({ WEBHOOK_SERVICE: 'x', WEBHOOK_PORT: 'off' }), undefined);
});

test('a program has options of its own, each of its type', () => {
  const own = defineProgram({
    name: 'own',
    description: 'Has options.',
    options: {
      maxBackups: integerOption({
        description: 'most backups',
        env: 'MAX_BACKUPS',
        default: 3,
        minimum: 1,
        maximum: 9,
      }),
      dryRun: booleanOption({ description: 'change nothing', default: false }),
      mode: choiceOption({ description: 'how', choices: ['fast', 'safe'], default: 'safe' }),
      image: stringOption({ description: 'image', default: 'a:1', pattern: '^\\S+$' }),
    },
    setup: (_manager, { options }) => {
      options.maxBackups satisfies number;
      options.dryRun satisfies boolean;
      options.mode satisfies 'fast' | 'safe';
      // @ts-expect-error -- there is no such option
      options.other satisfies unknown;
    },
  });
  const valuesOf = (argv: readonly string[], env: Record<string, string> = {}): unknown[] => {
    const result = parseArguments(own, argv, env);
    assert.equal(result.type, 'run');
    const { maxBackups, dryRun, mode, image } = result.options;
    return [maxBackups, dryRun, mode, image];
  };
  assert.deepEqual(valuesOf([]), [3, false, 'safe', 'a:1']);
  assert.deepEqual(
    valuesOf(['--dry-run', '--mode', 'FAST', '--image', 'b:2'], { MAX_BACKUPS: '5' }),
    [5, true, 'fast', 'b:2'],
  );
  const wrong = parseArguments(own, ['--max-backups', '10'], {});
  assert.equal(wrong.type, 'exit');
  assert.match(wrong.output, /whole number from 1 to 9/);
});

test('a program cannot take the name or the variable of another option', () => {
  const withOption = (name: string, env: string): (() => unknown) => {
    const option = stringOption({ description: 'x', default: '', env });
    return () =>
      defineProgram({
        name: 'x',
        description: 'x',
        options: { [name]: option },
        setup: () => undefined,
      });
  };
  assert.throws(withOption('logLevel', 'OTHER'), /one that every operator has/);
  assert.throws(withOption('context', 'OTHER'), /one that every operator has/);
  assert.throws(withOption('other', 'LOG_LEVEL'), /two options have the variable LOG_LEVEL/);
});
