import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Longest time of one file, in milliseconds: many times what any takes. What waits for ever then fails by name, and does
 * not use up the time of all that come after it.
 */
const fileTimeoutMs = 3_600_000;

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
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) {
    if (isExcluded?.(file) !== true) files.push(file);
  }
  if (files.length === 0) throw new Error(`no test file matches ${patterns.join(', ')}`);
  const child = spawn(
    process.execPath,
    ['--test', `--test-timeout=${String(fileTimeoutMs)}`, ...args, ...files.sort()],
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
