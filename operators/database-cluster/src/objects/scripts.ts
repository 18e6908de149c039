import { readFileSync } from 'node:fs';
import type { ConfigMap } from '@kubewright/apimachinery';
import { ownedMetadata, type ClusterContext } from './cluster-context.ts';

/** The programs of the pods, as the operator carries them with it. */
export interface PodPrograms {
  readonly entry: string;
  readonly backup: string;
  readonly restore: string;
}

/**
 * Reads the programs of the pods.
 *
 * @param folder - Default: where they lie beside the operator.
 */
export function readPodPrograms(
  folder: URL = new URL('../../entry/', import.meta.url),
): PodPrograms {
  const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
  return { entry: read('entry.sh'), backup: read('backup.sh'), restore: read('restore.sh') };
}

/** The ConfigMap with the programs. */
export function scripts(context: ClusterContext, programs: PodPrograms): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(context, context.names.scripts),
    data: {
      'entry.sh': programs.entry,
      'backup.sh': programs.backup,
      'restore.sh': programs.restore,
    },
  };
}
