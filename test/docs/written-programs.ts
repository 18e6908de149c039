import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { cacheFolder, root } from './doc-files.ts';
import type { Snippet } from './snippet.ts';

/** Longest time of a program, in milliseconds; it bounds a failure only. */
const limitMs = 300_000;

/** How a program ended. */
export interface Ending {
  /** Its exit code, or the signal or error that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Snippets as files of this repository, where imports of the workspace resolve and Node strips types (it does not below
 * `node_modules`). Disposing removes them.
 */
export class WrittenPrograms implements AsyncDisposable {
  readonly #folder: string;
  readonly #paths: ReadonlyMap<Snippet, string>;
  #calls = 0;

  private constructor(folder: string, paths: ReadonlyMap<Snippet, string>) {
    this.#folder = folder;
    this.#paths = paths;
  }

  /** Writes each snippet into a file of its own. */
  static async write(snippets: readonly Snippet[]): Promise<WrittenPrograms> {
    await mkdir(cacheFolder, { recursive: true });
    const folder = await mkdtemp(join(cacheFolder, 'run-'));
    const paths = new Map<Snippet, string>();
    for (const snippet of snippets) {
      const path = join(
        folder,
        `${snippet.file.replaceAll(/\W+/g, '-')}-${String(snippet.line)}.ts`,
      );
      await writeFile(path, `${snippet.code}\nexport {};\n`);
      paths.set(snippet, path);
    }
    return new WrittenPrograms(folder, paths);
  }

  /** What the compiler says, with the options of the repository; one line for each problem. */
  typeErrors(): readonly string[] {
    const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const program = ts.createProgram([...this.#paths.values()], options);
    return [...this.#paths].flatMap(([{ file, line }, path]) => {
      const source = program.getSourceFile(path);
      if (source === undefined) return [`${file}:${String(line)}: not compiled`];
      const found = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
      return found.map(({ start = 0, messageText }) => {
        const at = line + 1 + source.getLineAndCharacterOfPosition(start).line;
        return `${file}:${String(at)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });
    });
  }

  /** Runs a snippet until it ends, for {@link limitMs} at most. */
  async run(snippet: Snippet, env: Readonly<Record<string, string>>): Promise<Ending> {
    return this.#execute(this.#pathOf(snippet), env, '');
  }

  /**
   * Runs a program that uses what a snippet exports, for {@link limitMs} at most.
   *
   * @param program - Body of a module in which `snippet` has the exports.
   * @param input - What the program reads from its standard input.
   */
  async call(
    snippet: Snippet,
    program: string,
    env: Readonly<Record<string, string>>,
    input = '',
  ): Promise<Ending> {
    const path = this.#pathOf(snippet);
    this.#calls += 1;
    const caller = path.replace(/\.ts$/, `-call-${String(this.#calls)}.mts`);
    await writeFile(caller, `import * as snippet from './${basename(path)}';\n${program}\n`);
    return this.#execute(caller, env, input);
  }

  #pathOf(snippet: Snippet): string {
    const path = this.#paths.get(snippet);
    if (path === undefined) throw new TypeError(`${snippet.file}: this snippet was not written`);
    return path;
  }

  async #execute(
    path: string,
    env: Readonly<Record<string, string>>,
    input: string,
  ): Promise<Ending> {
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [path],
        { cwd: this.#folder, env: { ...process.env, ...env }, timeout: limitMs },
        (error, stdout, stderr) => {
          resolve({ code: error?.code ?? error?.signal ?? 0, stdout, stderr });
        },
      );
      // A program that reads no input may be gone before it gets any.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
