import type { EmbeddedClusterOptions } from '../embedded-cluster.ts';
import { startEmbeddedEnvironment } from './embedded-environment.ts';
import { connectExisting, startLocalBinaries } from './real-environment.ts';
import type { TestEnvironment, TestEnvironmentKind } from './test-environment.ts';

/** Options of {@link startTestEnvironment}. */
export interface TestEnvironmentOptions {
  /** Default: `in-process`. */
  readonly kind?: TestEnvironmentKind;
  /** For the embedded cluster: what runs beside the API server. Default: nothing. */
  readonly embedded?: EmbeddedClusterOptions;
  /** Where `KUBECONFIG` and `KUBEBUILDER_ASSETS` are read. Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A real server was asked for and none is named. */
export class TestEnvironmentError extends Error {
  override readonly name = 'TestEnvironmentError';
  readonly code = 'TEST_ENVIRONMENT';
}

/**
 * Starts or takes an API server to run tests against, with one face whatever it is.
 *
 * @throws TestEnvironmentError when the environment does not name what the kind needs.
 */
export async function startTestEnvironment(
  options: TestEnvironmentOptions = {},
): Promise<TestEnvironment> {
  const { kind = 'in-process', embedded, env = process.env } = options;
  switch (kind) {
    case 'in-process':
    case 'tls':
      return startEmbeddedEnvironment(kind, embedded);
    case 'local-binaries':
      return startLocalBinaries(
        required(env, 'KUBEBUILDER_ASSETS', 'a folder with etcd and kube-apiserver'),
      );
    case 'existing':
      return connectExisting(required(env, 'KUBECONFIG', 'the kubeconfig of a cluster for tests'));
    default:
      return kind satisfies never;
  }
}

/**
 * The kinds a suite should run on: the embedded ones, or with `KUBEWRIGHT_TEST_SERVER=real` the one that
 * `KUBECONFIG` or else `KUBEBUILDER_ASSETS` names. A kubeconfig alone is never taken: it may be of a cluster in use.
 *
 * @throws TestEnvironmentError when a real server is asked for and none is named.
 */
export function testEnvironmentKinds(env: NodeJS.ProcessEnv = process.env): TestEnvironmentKind[] {
  if (env['KUBEWRIGHT_TEST_SERVER'] !== 'real') return ['in-process', 'tls'];
  if (env['KUBECONFIG']) return ['existing'];
  if (env['KUBEBUILDER_ASSETS']) return ['local-binaries'];
  throw new TestEnvironmentError(
    'no real API server is named: set KUBECONFIG to the kubeconfig of a cluster for tests, or KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver',
  );
}

function required(env: NodeJS.ProcessEnv, name: string, what: string): string {
  const value = env[name];
  if (!value) throw new TestEnvironmentError(`${name} is not set: set it to ${what}`);
  return value;
}
