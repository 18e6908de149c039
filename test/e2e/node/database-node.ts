import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../shell.ts';
import { makeImage } from './images.ts';
import { NodeCluster } from './node-cluster.ts';

const imageProgram = fileURLToPath(new URL('postgres-image.sh', import.meta.url));

/** What databases need of a node: the image of PostgreSQL, and volumes in folders of this machine, which is the node. */
export class DatabaseNode implements AsyncDisposable {
  readonly #cluster = new NodeCluster();
  readonly #folder: string;
  readonly #volumes: readonly string[];

  private constructor(folder: string, volumes: readonly string[]) {
    this.#folder = folder;
    this.#volumes = volumes;
  }

  /** Makes the image `postgres:<version>`, and so many volumes of any class. */
  static async prepare(version: string, volumes: number): Promise<DatabaseNode> {
    const folder = await mkdtemp(join(tmpdir(), 'kubewright-database-'));
    const names = Array.from({ length: volumes }, (_, index) => `database-${String(index)}`);
    const node = new DatabaseNode(folder, names);
    try {
      const root = join(folder, 'image');
      await run(imageProgram, [version, root]);
      await makeImage(`postgres:${version}`, [root, '/usr/bin/bash']);
      await rm(root, { recursive: true, force: true });
      for (const name of names) await mkdir(join(folder, name));
      await node.#cluster.apply(...names.map((name) => volume(name, join(folder, name))));
      return node;
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Removes the volumes and what is in them; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.kubectl('delete', 'pv', '--ignore-not-found', ...this.#volumes);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A volume of a folder: of all kinds that need no driver, the one that the kubelet hands to a pod's group. */
function volume(name: string, path: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] },
          ],
        },
      },
    },
  };
}
