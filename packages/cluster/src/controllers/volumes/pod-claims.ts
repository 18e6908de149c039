import type { DeepReadonly, PersistentVolumeClaim, Pod, Volume } from '@kubewright/apimachinery';

/** Name of the claim that a pod's volume is made of; undefined for other kinds of volume. */
export function claimNameOfVolume(
  pod: DeepReadonly<Pod>,
  volume: DeepReadonly<Volume>,
): string | undefined {
  if (volume.ephemeral !== undefined) return `${pod.metadata.name ?? ''}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}

/** Names of all claims that a pod's volumes are made of. */
export function claimNamesOf(pod: DeepReadonly<Pod>): string[] {
  return (pod.spec?.volumes ?? [])
    .map((volume) => claimNameOfVolume(pod, volume))
    .filter((name) => name !== undefined);
}

/** A claim made for an ephemeral volume is of use to its own pod alone. */
export function isClaimForPod(
  claim: DeepReadonly<PersistentVolumeClaim>,
  pod: DeepReadonly<Pod>,
): boolean {
  return (claim.metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => controller === true && uid === pod.metadata.uid,
  );
}
