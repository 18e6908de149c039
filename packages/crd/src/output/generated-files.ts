import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';

/** Files that a program makes: path below a root, with `/` between folders, to content. */
export type GeneratedFiles = ReadonlyMap<string, string>;

/** Where generated files live. */
export interface GeneratedFilesOptions {
  /** Folder that the paths start from. */
  readonly root: string;
  readonly files: GeneratedFiles;
  /**
   * Folders below the root that hold generated files only: others in them are stale. Default: none, nothing is stale.
   */
  readonly ownedFolders?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A file that is not as it would be generated. */
export interface Drift {
  /** As in the files given. */
  readonly path: string;
  /** `missing`: not there; `changed`: other content; `stale`: no longer generated. */
  readonly kind: 'missing' | 'changed' | 'stale';
}

/** The exit code of a command whose `--check` found drift. */
export const driftExitCode = 3;

/**
 * The generated files that differ from what is on disk, sorted by path; empty when all is as generated.
 *
 * @throws TypeError for a path that leads out of the root; errors of the file system other than a missing file.
 */
export async function findDrift(options: GeneratedFilesOptions): Promise<Drift[]> {
  const { root, files, ownedFolders = [], signal } = options;
  const drifts: Drift[] = [];
  for (const [path, content] of files) {
    const present = await readIfThere(within(root, path), signal);
    if (present === undefined) drifts.push({ path, kind: 'missing' });
    else if (present !== content) drifts.push({ path, kind: 'changed' });
  }
  for (const folder of ownedFolders) {
    for (const path of await filesIn(root, folder, signal)) {
      if (!files.has(path)) drifts.push({ path, kind: 'stale' });
    }
  }
  return drifts.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/**
 * Writes the generated files that differ, and answers which; stale files are left alone and are part of the answer.
 *
 * @throws as {@link findDrift}.
 */
export async function writeGeneratedFiles(options: GeneratedFilesOptions): Promise<Drift[]> {
  const { root, files, signal } = options;
  const drifts = await findDrift(options);
  for (const { path, kind } of drifts) {
    if (kind === 'stale') continue;
    const target = within(root, path);
    signal?.throwIfAborted();
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, files.get(path) ?? '', { encoding: 'utf8', signal });
  }
  return drifts;
}

/**
 * What a person is told about drift: each file with what is wrong, then the fix. Empty without drift.
 *
 * @param fix - The command that makes it right, such as `npm run generate`.
 */
export function formatDrift(drifts: readonly Drift[], fix: string): string {
  if (drifts.length === 0) return '';
  const lines = drifts.map(({ path, kind }) => `  ${kind.padEnd(7)}  ${path}\n`).join('');
  const stale = drifts.some(({ kind }) => kind === 'stale') ? '; delete what is stale' : '';
  return `generated files are not up to date:\n${lines}run ${fix} and commit the result${stale}\n`;
}

function within(root: string, path: string): string {
  const relative = normalize(path);
  if (relative.startsWith('..') || relative.startsWith(sep) || /^[A-Za-z]:/.test(relative)) {
    throw new TypeError(`the path ${path} leads out of ${root}`);
  }
  return join(root, relative);
}

async function readIfThere(path: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: 'utf8', signal });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function filesIn(root: string, folder: string, signal?: AbortSignal): Promise<string[]> {
  signal?.throwIfAborted();
  try {
    const entries = await readdir(within(root, folder), { recursive: true, withFileTypes: true });
    const base = within(root, '.');
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(base, sep).length))
      .map((path) => path.replaceAll(sep, '/'));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
