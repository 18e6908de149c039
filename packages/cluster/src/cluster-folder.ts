import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'kubewright-';

/** No folder could be made for the cluster's files. */
export class ClusterFolderError extends Error {
  override readonly name = 'ClusterFolderError';
  readonly code = 'CLUSTER_FOLDER';
}

/**
 * Makes a folder of its own for a cluster, under the system's temporary folder or the one given, readable by this
 * user only. Folders of clusters whose process was killed are removed on the way.
 *
 * @throws ClusterFolderError when the place cannot be written to.
 */
export async function makeClusterFolder(parent: string = tmpdir()): Promise<string> {
  try {
    await removeAbandoned(parent);
    return await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClusterFolderError(
      `no folder for the cluster could be made in ${parent}: ${why}. Set TMPDIR to a folder you may write to.`,
      { cause },
    );
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = new RegExp(`^${prefix}(\\d+)-\\w{6}$`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    // Another user's folder cannot be removed; that is no reason to fail.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
