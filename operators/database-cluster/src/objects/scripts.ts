import { existsSync, readFileSync } from 'node:fs';
import type { ConfigMap } from '@kubewright/apimachinery';
import { ownedMetadata, type ClusterContext } from './cluster-context.ts';

/** The programs of the pods, as the operator carries them with it. */
export interface PodPrograms {
  /** Text of the program that a container begins with. */
  readonly entry: string;
  /** Text of what the next two begin with. */
  readonly connect: string;
  /** Text of the program that makes a backup. */
  readonly backup: string;
  /** Text of the program that restores one. */
  readonly restore: string;
}

/** Where the programs lie: beside the bundled operator, or in the folder of its source. */
const folders = ['./entry/', '../../entry/'].map((path) => new URL(path, import.meta.url));

/**
 * Reads the programs of the pods.
 *
 * @throws Error when they are not there.
 */
export function readPodPrograms(): PodPrograms {
  const folder = folders.find((each) => existsSync(new URL('entry.sh', each)));
  if (folder === undefined) {
    throw new Error(
      `the folder entry with the programs of the pods is missing beside ${import.meta.url}`,
    );
  }
  const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
  return {
    entry: read('entry.sh'),
    connect: read('connect.sh'),
    backup: read('backup.sh'),
    restore: read('restore.sh'),
  };
}

/** The ConfigMap with the programs. */
export function scripts(context: ClusterContext, programs: PodPrograms): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(context, context.names.scripts),
    data: {
      'entry.sh': programs.entry,
      'connect.sh': programs.connect,
      'backup.sh': programs.backup,
      'restore.sh': programs.restore,
    },
  };
}
