import {
  ownerReference,
  type DeepReadonly,
  type OwnerReference,
  type PersistentVolumeClaim,
} from '@kubewright/apimachinery';
import { isInRange, ordinalOf, type ReadonlyPod, type ReadonlySet } from './ordinals.ts';

type Claim = DeepReadonly<PersistentVolumeClaim>;
type Reference = DeepReadonly<OwnerReference>;

/** Who a pod is, as far as owner references know; a pod that is still to be made has no uid. */
export interface PodIdentity {
  readonly name: string;
  readonly uid: string | undefined;
}

function refersToSet(reference: Reference, set: ReadonlySet): boolean {
  const { apiVersion, kind, name } = reference;
  return apiVersion === 'apps/v1' && kind === 'StatefulSet' && name === set.metadata.name;
}

function refersToPod(reference: Reference, pod: PodIdentity): boolean {
  const { apiVersion, kind, name } = reference;
  return apiVersion === 'v1' && kind === 'Pod' && name === pod.name;
}

/** Whether a claim is owned by an earlier pod of the same name and so will be deleted with it. */
export function isOwnedByFormerPod(claim: Claim, pod: PodIdentity): boolean {
  const reference = claim.metadata.ownerReferences?.find((each) => refersToPod(each, pod));
  return reference !== undefined && reference.uid !== pod.uid;
}

function deletes(set: ReadonlySet, when: 'whenDeleted' | 'whenScaled'): boolean {
  return set.spec?.persistentVolumeClaimRetentionPolicy?.[when] === 'Delete';
}

/** Whether claims of removed ordinals go with their pods. */
export function deletesClaimsOfScaledPods(set: ReadonlySet): boolean {
  return deletes(set, 'whenScaled');
}

/** Whether something else manages a claim that the retention policy would have this StatefulSet manage. */
export function hasForeignController(claim: Claim, set: ReadonlySet, pod: PodIdentity): boolean {
  if (!deletes(set, 'whenDeleted') && !deletes(set, 'whenScaled')) return false;
  return (claim.metadata.ownerReferences ?? []).some((reference) => {
    if (refersToSet(reference, set)) return reference.uid !== set.metadata.uid;
    if (refersToPod(reference, pod)) return reference.uid !== pod.uid;
    return reference.controller === true;
  });
}

/**
 * The owner references a claim should have by the retention policy of its StatefulSet, so that the garbage collector
 * deletes it at the right time: none to keep it for ever, the StatefulSet to delete it with that, the pod to delete it
 * once its ordinal is removed. Undefined when they are right, or not ours to touch.
 */
export function claimOwners(
  claim: Claim,
  set: ReadonlySet,
  pod: ReadonlyPod,
): OwnerReference[] | undefined {
  const identity = { name: pod.metadata.name, uid: pod.metadata.uid };
  const present = claim.metadata.ownerReferences ?? [];
  const isOurs = (reference: Reference): boolean =>
    refersToSet(reference, set) || refersToPod(reference, identity);
  const uids: readonly string[] = [set.metadata.uid, pod.metadata.uid];
  // Owned by what had these names before: the garbage collector has the say.
  if (present.some((reference) => isOurs(reference) && !uids.includes(reference.uid)))
    return undefined;
  const isRemoved = !isInRange(set, ordinalOf(set, pod) ?? -1);
  const owners: (ReadonlySet | ReadonlyPod)[] = [];
  if (!hasForeignController(claim, set, identity)) {
    const followsPod = deletes(set, 'whenScaled') && isRemoved;
    if (followsPod) owners.push(pod);
    else if (deletes(set, 'whenDeleted')) owners.push(set);
  }
  const ours = present.filter(({ uid }) => uids.includes(uid));
  const isRight =
    ours.length === owners.length &&
    ours.every(
      ({ uid, controller }) =>
        controller === true && owners.some(({ metadata }) => metadata.uid === uid),
    );
  if (isRight) return undefined;
  const others = present.filter((reference) => !isOurs(reference));
  return [...others, ...owners.map((owner) => ownerReference(owner))];
}
