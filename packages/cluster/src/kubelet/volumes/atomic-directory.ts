import {
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';

/** One file of a volume. */
export interface VolumeFile {
  readonly content: Buffer;
  /** Permission bits. */
  readonly mode: number;
}

/** The files of a volume by their path in it. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/**
 * Makes a folder hold just these files, all at once: each version lives in a folder of its own, `..data`
 * points at the current one, and what users see are links through it. So a program reads either the old or
 * the new version, and one that watches `..data` sees the change, as on a real node.
 *
 * @throws TypeError when a path leaves the folder.
 */
export async function writeAtomically(folder: string, files: VolumeFiles): Promise<void> {
  for (const path of files.keys()) {
    if (path === '' || isAbsolute(path) || normalize(path).split('/').includes('..')) {
      throw new TypeError(`invalid path in volume: ${JSON.stringify(path)}`);
    }
  }
  await mkdir(folder, { recursive: true });
  const link = join(folder, '..data');
  const current = await readlink(link).catch(() => undefined);
  if (current !== undefined && (await holds(join(folder, current), files))) return;
  const version = `..${new Date().toISOString().replaceAll(/[-:.]/g, '_')}.${crypto.randomUUID().slice(0, 8)}`;
  for (const [path, file] of files) {
    const target = join(folder, version, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, file.content, { mode: file.mode });
  }
  await mkdir(join(folder, version), { recursive: true });
  await symlink(version, `${link}.new`);
  await rename(`${link}.new`, link);
  await linkNames(folder, files);
  if (current !== undefined) await rm(join(folder, current), { recursive: true, force: true });
}

/** Top-level names are links into `..data`; links to what is gone go too. */
async function linkNames(folder: string, files: VolumeFiles): Promise<void> {
  const names = new Set([...files.keys()].map((path) => normalize(path).split('/')[0] ?? ''));
  for (const name of await readdir(folder)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(folder, name), { force: true });
  }
  for (const name of names) {
    const link = join(folder, name);
    if ((await lstat(link).catch(() => undefined)) === undefined) {
      await symlink(join('..data', name), link);
    }
  }
}

async function holds(folder: string, files: VolumeFiles): Promise<boolean> {
  const present = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (present.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, file] of files) {
    const content = await readFile(join(folder, path)).catch(() => undefined);
    if (content?.equals(file.content) !== true) return false;
  }
  return true;
}
