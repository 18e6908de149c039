import { stat } from 'node:fs/promises';
import {
  isNotFound,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '@kubewright/apimachinery';
import { VolumeError } from './volume-content.ts';

/** Where claims and what they are bound to are read. */
export interface ClaimSources {
  getClaim(namespace: string, name: string): Promise<PersistentVolumeClaim>;
  getVolume(name: string): Promise<PersistentVolume>;
}

/**
 * The folder of this machine behind a claim.
 *
 * @throws VolumeError when the claim is not bound, or its volume is no folder of this machine.
 */
export async function claimedFolder(
  namespace: string,
  claimName: string,
  sources: ClaimSources,
): Promise<string> {
  const where = `${namespace}/${claimName}`;
  const claim = await orFault(
    () => sources.getClaim(namespace, claimName),
    `error processing PVC ${where}: failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`,
  );
  if (claim.metadata.deletionTimestamp !== undefined) {
    throw new VolumeError(
      `error processing PVC ${where}: can't start pod because PVC ${where} is being deleted`,
    );
  }
  const { phase = 'Pending' } = claim.status ?? {};
  const { volumeName = '' } = claim.spec ?? {};
  if (phase !== 'Bound' || volumeName === '') {
    throw new VolumeError(
      `error processing PVC ${where}: PVC ${where} has non-bound phase ("${phase}") or empty pvc.Spec.VolumeName ("${volumeName}")`,
    );
  }
  const { spec } = await orFault(
    () => sources.getVolume(volumeName),
    `error processing PVC ${where}: failed to fetch PV ${volumeName} from API server: persistentvolumes "${volumeName}" not found`,
  );
  const path = spec?.local?.path ?? spec?.hostPath?.path;
  if (spec?.volumeMode === 'Block' || path === undefined) {
    throw new VolumeError(
      `no volume plugin matched: volume "${volumeName}" is neither a local folder nor a hostPath, which are all this node can mount`,
    );
  }
  const mustExist = spec?.hostPath === undefined;
  if (mustExist && (await stat(path).catch(() => undefined)) === undefined) {
    throw new VolumeError(`path "${path}" does not exist`);
  }
  return path;
}

async function orFault<T>(read: () => Promise<T>, message: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) throw new VolumeError(message, { cause: error });
    throw error;
  }
}
