/**
 * Runs what the tests say of a real Kubernetes: against the cluster in KUBECONFIG, or, when only KUBEBUILDER_ASSETS is
 * set, against kube-apiserver processes started from that folder, which the tests then also kill, cut off and compact.
 */
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { LocalServer } from '../packages/cluster/src/testing/local-server.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const { KUBECONFIG, KUBEBUILDER_ASSETS } = process.env;

async function runTests(patterns: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) files.push(file);
  const args = ['--test', '--test-concurrency=1', ...files.sort()];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, KUBEWRIGHT_TEST_SERVER: 'real', ...env },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

if (!KUBECONFIG && !KUBEBUILDER_ASSETS) {
  process.stderr.write(
    'test:real: no real API server is named: set KUBECONFIG to the kubeconfig of a cluster for tests, ' +
      'or KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver\n',
  );
  process.exitCode = 2;
} else {
  const behaviour = await runTests(['test/conformance/*.test.ts'], {});
  const patterns = [
    'packages/*/test/real/*.test.ts',
    'operators/*/test/real/*.test.ts',
    'test/e2e/real/*.test.ts',
  ];
  let packages: boolean;
  if (KUBECONFIG) {
    packages = await runTests(patterns, {});
  } else {
    await using server = await LocalServer.start(KUBEBUILDER_ASSETS ?? '');
    packages = await runTests(patterns, { KUBECONFIG: server.kubeconfigPath });
  }
  process.exitCode = behaviour && packages ? 0 : 1;
}
