import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../apps/walk-through/src/main.ts', import.meta.url));

/** What a run of the program came to. */
export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of what `npm start` runs, with a temporary folder of its own, so that what it leaves behind can be seen. */
export class StartedProgram implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #folder: string;
  readonly #outcome: Promise<Outcome>;
  readonly #lines: string[] = [];
  /** Told of each further line of output, and of its end. */
  #wake = Promise.withResolvers<undefined>();
  #hasEnded = false;

  private constructor(folder: string, args: readonly string[], temporaryFolder: string) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, TMPDIR: temporaryFolder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
    this.#child.once('error', reject);
    this.#child.once('close', resolve);
    const reader = createInterface({ input: this.#child.stdout });
    reader.on('line', (line) => this.#tell(line));
    reader.on('close', () => this.#tell(undefined));
    this.#outcome = Promise.all([ended, text(this.#child.stderr)]).then(([exitCode, stderr]) => ({
      exitCode,
      stdout: this.#lines.join('\n'),
      stderr,
    }));
  }

  /**
   * Starts the program.
   *
   * @param temporaryFolder - What it is told as TMPDIR instead of its own empty folder.
   */
  static async start(args: readonly string[], temporaryFolder?: string): Promise<StartedProgram> {
    const folder = await mkdtemp(join(tmpdir(), 'start-test-'));
    return new StartedProgram(folder, args, temporaryFolder ?? folder);
  }

  /** Waits until it has ended by itself. */
  async end(): Promise<Outcome> {
    return this.#outcome;
  }

  /**
   * Waits for a line of its output.
   *
   * @throws Error when it ends without one.
   */
  async untilLine(wanted: RegExp): Promise<void> {
    while (!this.#lines.some((line) => wanted.test(line))) {
      if (this.#hasEnded) {
        const { stdout, stderr } = await this.#outcome;
        throw new Error(`it ended without a line ${String(wanted)}:\n${stdout}\n${stderr}`);
      }
      await this.#wake.promise;
    }
  }

  /** Sends it a signal, as Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Names in its temporary folder. */
  async leftFiles(): Promise<string[]> {
    return readdir(this.#folder);
  }

  /** Numbers of the processes that descend from it. */
  async descendants(): Promise<number[]> {
    const all = await processes();
    const found = new Set([this.#child.pid]);
    // Parents may come after their children: look until nothing is added.
    for (let size = 0; size !== found.size;) {
      size = found.size;
      for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
    }
    found.delete(this.#child.pid);
    return [...found].filter((pid) => pid !== undefined);
  }

  /** Ends it, however far it is, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#outcome;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #tell(line: string | undefined): void {
    if (line === undefined) this.#hasEnded = true;
    else this.#lines.push(line);
    this.#wake.resolve(undefined);
    this.#wake = Promise.withResolvers();
  }
}

/** Those of the processes that still run. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  return (await processes()).filter(({ pid }) => pids.includes(pid)).map(({ pid }) => pid);
}

async function processes(): Promise<{ readonly pid: number; readonly parent: number }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return (
    stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // One that has ended, and whose new parent has not asked how, runs no more.
      .filter(([, , state = '']) => !state.startsWith('Z'))
      .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))
  );
}
