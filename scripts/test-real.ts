/**
 * Runs what the tests say of a real Kubernetes: against the cluster in KUBECONFIG, or, when only KUBEBUILDER_ASSETS is
 * set, against kube-apiserver processes started from that folder, which the tests then also kill, cut off and compact.
 */
import { LocalServer } from '../packages/cluster/src/testing/local-server.ts';
import { runTests } from './run-tests.ts';

const { KUBECONFIG, KUBEBUILDER_ASSETS } = process.env;
const args = ['--test-concurrency=1'];
const real = { KUBEWRIGHT_TEST_SERVER: 'real' };
// Suites that run in process too, with `npm test`.
const behaviour = [
  'test/conformance/*.test.ts',
  '{packages,operators}/*/test/**/*-on-server.test.ts',
];
const patterns = ['{packages,operators}/*/test/real/*.test.ts', 'test/e2e/real/*.test.ts'];

if (!KUBECONFIG && !KUBEBUILDER_ASSETS) {
  process.stderr.write(
    'test:real: no real API server is named: set KUBECONFIG to the kubeconfig of a cluster for tests, ' +
      'or KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver\n',
  );
  process.exitCode = 2;
} else {
  const hasBehaviour = await runTests({ patterns: behaviour, env: real, args });
  let others: boolean;
  if (KUBECONFIG) {
    others = await runTests({ patterns, env: real, args });
  } else {
    await using server = await LocalServer.start(KUBEBUILDER_ASSETS ?? '');
    others = await runTests({
      patterns,
      env: { ...real, KUBECONFIG: server.kubeconfigPath },
      args,
    });
  }
  process.exitCode = hasBehaviour && others ? 0 : 1;
}
