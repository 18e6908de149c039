import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Longest time of one file, in milliseconds: many times what any takes. What waits for ever then fails by name, and does
 * not use up the time of all that come after it.
 */
const fileTimeoutMs = 3_600_000;

/** Names the seed of all property tests of a run in the environment; without it, a run has the same one every time. */
export const SEED_VARIABLE = 'KUBEWRIGHT_TEST_SEED';

/** Which test files are run, and how. */
export interface TestRun {
  readonly patterns: readonly string[];
  /** Files that the patterns match and that are for another run. Default: none. */
  readonly isExcluded?: (file: string) => boolean;
  /** Added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Further arguments of the test runner. */
  readonly args?: readonly string[];
}

/** The files that patterns match, from the root of the workspace, in the order of their names. */
export async function testFiles(patterns: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) files.push(file);
  return files.sort();
}

/**
 * Runs test files with Node's test runner; says whether all passed.
 *
 * @throws Error when no file is matched: a run of nothing is no pass.
 */
export async function runTests({
  patterns,
  isExcluded,
  env,
  args = [],
}: TestRun): Promise<boolean> {
  const files = (await testFiles(patterns)).filter((file) => isExcluded?.(file) !== true);
  if (files.length === 0) throw new Error(`no test file matches ${patterns.join(', ')}`);
  const child = spawn(
    process.execPath,
    [
      '--test',
      `--import=${new URL('property-seed.ts', import.meta.url).href}`,
      `--test-timeout=${String(fileTimeoutMs)}`,
      ...args,
      ...files,
    ],
    {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}
