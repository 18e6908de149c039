import { writeFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openForPassing } from '../kubelet/users/file-ownership.ts';
import { hostsFile, type ServiceName } from './service-names.ts';

const preload = fileURLToPath(new URL('name-lookup.cjs', import.meta.url));

/** What {@link NameFiles} needs. */
export interface NameFilesOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** The namespaces whose pods run on the node. */
  readonly namespacesInUse: () => Iterable<string>;
}

/**
 * The hosts files by which the processes of containers find Services and other pods: one for each namespace with pods
 * on the node, because short names mean another Service in each.
 */
export class NameFiles {
  readonly #options: NameFilesOptions;
  /** The names that hold now. */
  #names: readonly ServiceName[] = [];
  /** What is in the files, by namespace. */
  readonly #written = new Map<string, string>();
  /** The update that runs; the next begins when it has ended. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: NameFilesOptions) {
    this.#options = options;
  }

  /** Makes the folder; must be called first. The look-up for Node is copied, since containers may not see its source. */
  async prepare(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    await openForPassing(folder);
    await copyFile(preload, this.#preload);
  }

  /** What the containers of a namespace are told; the file is there when this returns. */
  variables(namespace: string): ReadonlyMap<string, string> {
    if (!this.#written.has(namespace)) {
      const text = hostsFile(this.#names, namespace);
      writeFileSync(this.#pathOf(namespace), text);
      this.#written.set(namespace, text);
    }
    return new Map([
      ['KUBEWRIGHT_HOSTS', this.#pathOf(namespace)],
      ['NODE_OPTIONS', `--require=${JSON.stringify(this.#preload)}`],
    ]);
  }

  /** Writes the names that hold from now on. Each file changes all at once. */
  update(names: readonly ServiceName[]): Promise<void> {
    this.#names = names;
    this.#tail = this.#tail.then(() => this.#write());
    return this.#tail;
  }

  async #write(): Promise<void> {
    const used = new Set(this.#options.namespacesInUse());
    for (const [namespace, before] of [...this.#written]) {
      const path = this.#pathOf(namespace);
      if (!used.has(namespace)) {
        this.#written.delete(namespace);
        await rm(path, { force: true });
        continue;
      }
      const text = hostsFile(this.#names, namespace);
      if (text === before) continue;
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
      this.#written.set(namespace, text);
    }
  }

  get #preload(): string {
    return join(this.#options.folder, 'name-lookup.cjs');
  }

  #pathOf(namespace: string): string {
    return join(this.#options.folder, `${namespace}.hosts`);
  }
}
