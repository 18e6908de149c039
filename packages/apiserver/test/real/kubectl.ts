import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/** What one run of kubectl left behind. */
export interface KubectlRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest run of one command, in milliseconds: far more than any takes, so that a hang is told as one. */
const TIMEOUT_MS = 180_000;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The kubectl to test with: `KUBECTL`, or the one in `KUBEBUILDER_ASSETS` or in `PATH`.
 *
 * @throws Error that says what to set when there is none
 */
export function findKubectl(): string {
  const { KUBECTL, KUBEBUILDER_ASSETS, PATH } = env;
  if (KUBECTL !== undefined && KUBECTL !== '') return KUBECTL;
  const folders = [KUBEBUILDER_ASSETS ?? '', ...(PATH ?? '').split(delimiter)];
  const found = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'kubectl'))
    .find(isProgram);
  if (found === undefined) {
    throw new Error(
      'these tests need kubectl: put it in PATH, or name it in KUBECTL, or its folder in KUBEBUILDER_ASSETS',
    );
  }
  return found;
}

/** kubectl with one kubeconfig and a home of its own. */
export class Kubectl {
  readonly #program: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  /**
   * @param program path of kubectl
   * @param kubeconfig path of the kubeconfig
   * @param home folder for kubectl's caches
   */
  constructor(program: string, kubeconfig: string, home: string) {
    this.#program = program;
    this.#env = { PATH: env['PATH'], KUBECONFIG: kubeconfig, HOME: home };
  }

  /**
   * Runs one command to its end, whatever its exit code.
   *
   * @param input what it reads from its standard input
   * @param settings environment variables beyond the usual ones
   */
  run(
    args: readonly string[],
    input = '',
    settings: Readonly<Record<string, string>> = {},
  ): Promise<KubectlRun> {
    return new Promise((resolve) => {
      const child = execFile(
        this.#program,
        [...args],
        { env: { ...this.#env, ...settings }, timeout: TIMEOUT_MS },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code;
          resolve({ exitCode: typeof code === 'number' ? code : -1, stdout, stderr });
        },
      );
      // A program that reads no input may be gone before it gets any.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  /**
   * Runs one command that must succeed.
   *
   * @returns what it wrote to its standard output
   * @throws Error with all it wrote when it fails
   */
  async succeed(
    args: readonly string[],
    input = '',
    settings: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args, input, settings);
    if (exitCode !== 0) {
      throw new Error(`kubectl ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
    }
    return stdout;
  }
}
