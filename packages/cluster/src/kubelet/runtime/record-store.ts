import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerRecord, SandboxRecord } from './contracts.ts';

/** What is kept of one pod. */
export interface StoredPod {
  readonly sandbox: SandboxRecord | undefined;
  /** Newest first. */
  readonly containers: readonly ContainerRecord[];
}

/**
 * Keeps the records of a runtime on disk, one file a pod, so that a cluster started again in the same
 * folder knows which containers it lost.
 */
export class RecordStore {
  readonly #folder: string;
  /** The write under way or waiting for each pod; the newest state wins. */
  readonly #writes = new Map<string, Promise<void>>();
  readonly #pending = new Map<string, StoredPod>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All pods of the folder; damaged files are skipped. */
  async load(): Promise<Map<string, StoredPod>> {
    await mkdir(this.#folder, { recursive: true });
    const pods = new Map<string, StoredPod>();
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      try {
        const text = await readFile(join(this.#folder, name), 'utf8');
        // Written by `save` of this class; a damaged file throws or lacks its parts.
        const pod = JSON.parse(text) as StoredPod;
        if (Array.isArray(pod.containers)) pods.set(name.slice(0, -'.json'.length), pod);
      } catch {
        // A file cut short by a crash tells nothing that could be used.
      }
    }
    return pods;
  }

  /** Stores a pod's state some time soon; a state that was overtaken is not written. */
  save(podUid: string, pod: StoredPod): void {
    this.#pending.set(podUid, pod);
    if (this.#writes.has(podUid)) return;
    this.#writes.set(podUid, this.#drain(podUid));
  }

  /** Forgets a pod. */
  async remove(podUid: string): Promise<void> {
    this.#pending.delete(podUid);
    await this.#writes.get(podUid);
    await rm(join(this.#folder, `${podUid}.json`), { force: true });
  }

  /** Resolves when all is on disk. */
  async flush(): Promise<void> {
    await Promise.all(this.#writes.values());
  }

  async #drain(podUid: string): Promise<void> {
    try {
      for (;;) {
        const pod = this.#pending.get(podUid);
        if (pod === undefined) return;
        this.#pending.delete(podUid);
        const file = join(this.#folder, `${podUid}.json`);
        // Renamed into place: a crash leaves the old or the new state, never half of one.
        await writeFile(`${file}.new`, JSON.stringify(pod));
        await rename(`${file}.new`, file);
      }
    } catch {
      // The folder is being removed or the disk is full: the records in memory stay right,
      // only a restart of the cluster would know less.
    } finally {
      this.#writes.delete(podUid);
    }
  }
}
