/** Runs all tests that need nothing but Node: `npm test`. Arguments go to Node's test runner. */
import { runTests } from './run-tests.ts';

/** Tests in these folders need a real Kubernetes, or its kubectl. */
const needsKubernetes = /\/test\/real\/|^test\/e2e\/(real|node)\//;

const passed = await runTests({
  patterns: ['{packages,operators,apps}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
  isExcluded: (file) => needsKubernetes.test(file),
  args: process.argv.slice(2),
});
process.exitCode = passed ? 0 : 1;
