import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../src/cli/arguments.ts';
import type { OperatorArguments } from '../src/cli/arguments.ts';

function parsed(argv: readonly string[], env: Record<string, string> = {}): OperatorArguments {
  const result = parseArguments(argv, env);
  assert.equal(result.type, 'run');
  return result.arguments;
}

function usageError(argv: readonly string[], env: Record<string, string> = {}): string {
  const result = parseArguments(argv, env);
  assert.equal(result.type, 'exit');
  assert.equal(result.exitCode, 2);
  return result.output;
}

test('without arguments it watches its own namespace, alone, on the usual ports', () => {
  assert.deepEqual(parsed([]), {
    kubeconfig: undefined,
    context: undefined,
    namespaces: undefined,
    allNamespaces: false,
    leaderElect: false,
    leaderElectionNamespace: undefined,
    metricsPort: 8080,
    healthPort: 8081,
    logLevel: 'info',
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
    metricsPort: false,
    healthPort: 0,
    logLevel: 'debug',
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
  const result = parseArguments(['--help'], {});
  assert.equal(result.type, 'exit');
  assert.equal(result.exitCode, 0);
  assert.match(result.output, /--all-namespaces/);
});
