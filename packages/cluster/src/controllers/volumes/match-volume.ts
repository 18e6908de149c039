import {
  fromLabelSelector,
  parseQuantity,
  type DeepReadonly,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Stored,
} from '@kubewright/apimachinery';
import { classNameOf } from './storage-class.ts';

/** A claim as the cache hands it out. */
export type ReadonlyClaim = DeepReadonly<Stored<PersistentVolumeClaim>>;
/** A volume as the cache hands it out. */
export type ReadonlyVolume = DeepReadonly<Stored<PersistentVolume>>;

/** How {@link findVolume} chooses. */
export interface MatchOptions {
  /** Whether the volume may be used, beside what the claim asks; the scheduler looks at the node. Default: any. */
  readonly isUsable?: (volume: ReadonlyVolume) => boolean;
  /** Only volumes reserved for this very claim: the others are the scheduler's to choose from. Default false. */
  readonly isReservedOnly?: boolean;
}

/** Whether a volume is reserved for a claim or bound to it. */
export function isForClaim(volume: ReadonlyVolume, claim: ReadonlyClaim): boolean {
  const { name, namespace, uid } = volume.spec?.claimRef ?? {};
  return (
    name === claim.metadata.name &&
    namespace === claim.metadata.namespace &&
    (!uid || uid === claim.metadata.uid)
  );
}

function sizeOf(amount: string | number | undefined): number {
  return amount === undefined ? 0 : Number(parseQuantity(String(amount)).toBigInt());
}

const requestOf = ({ spec }: ReadonlyClaim): number =>
  sizeOf(spec?.resources?.requests?.['storage']);
const capacityOf = ({ spec }: ReadonlyVolume): number => sizeOf(spec?.capacity?.['storage']);

function hasSameMode(volume: ReadonlyVolume, claim: ReadonlyClaim): boolean {
  return (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
}

function hasAccessModes(volume: ReadonlyVolume, claim: ReadonlyClaim): boolean {
  const offered = volume.spec?.accessModes ?? [];
  return (claim.spec?.accessModes ?? []).every((mode) => offered.includes(mode));
}

/**
 * The volume a claim should get: one reserved for it, otherwise the smallest that is free and has what the claim asks
 * for, of those with the fewest access modes beyond that.
 */
export function findVolume(
  claim: ReadonlyClaim,
  volumes: readonly ReadonlyVolume[],
  { isUsable = () => true, isReservedOnly = false }: MatchOptions = {},
): ReadonlyVolume | undefined {
  const candidates = volumes.filter(
    (volume) =>
      (volume.spec?.claimRef === undefined || isForClaim(volume, claim)) &&
      capacityOf(volume) >= requestOf(claim) &&
      hasSameMode(volume, claim) &&
      hasAccessModes(volume, claim) &&
      volume.metadata.deletionTimestamp === undefined,
  );
  const reserved = candidates.find((volume) => isForClaim(volume, claim));
  if (reserved !== undefined) return isUsable(reserved) ? reserved : undefined;
  if (isReservedOnly) return undefined;
  const selector = claim.spec?.selector && fromLabelSelector(claim.spec.selector);
  const modes = ({ spec }: ReadonlyVolume): number => spec?.accessModes?.length ?? 0;
  return candidates
    .filter(
      (volume) =>
        volume.status?.phase === 'Available' &&
        (selector === undefined || selector.matches(volume.metadata.labels ?? {})) &&
        classNameOf(volume) === classNameOf(claim) &&
        isUsable(volume),
    )
    .sort(
      (a, b) =>
        modes(a) - modes(b) ||
        capacityOf(a) - capacityOf(b) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0];
}

/** Why a volume that a claim names cannot be bound to it; undefined when it can. */
export function mismatchOf(volume: ReadonlyVolume, claim: ReadonlyClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`;
  }
  if (capacityOf(volume) < requestOf(claim)) return 'requested PV is too small';
  if (classNameOf(volume) !== classNameOf(claim)) return 'storageClassName does not match';
  if (!hasSameMode(volume, claim)) return 'incompatible volumeMode';
  if (!hasAccessModes(volume, claim)) return 'incompatible accessMode';
  return undefined;
}

/** Whether a claim and the volume reserved for it differ in their mode. */
export function differsInMode(volume: ReadonlyVolume, claim: ReadonlyClaim): boolean {
  return !hasSameMode(volume, claim);
}
