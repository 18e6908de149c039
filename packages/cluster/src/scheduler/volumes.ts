import type { DeepReadonly, Node, Pod, StorageClass, Stored } from '@kubewright/apimachinery';
import {
  findVolume,
  type ReadonlyClaim,
  type ReadonlyVolume,
} from '../controllers/volumes/match-volume.ts';
import {
  claimNameOfVolume,
  claimNamesOf,
  isClaimForPod,
} from '../controllers/volumes/pod-claims.ts';
import { classNameOf, waitsForConsumer } from '../controllers/volumes/storage-class.ts';
import { bindCompleted, selectedNode } from '../controllers/volumes/volume-annotations.ts';
import { fitsTerms, type Placement } from './affinity.ts';

/** What the scheduler knows of storage. */
export interface StorageView {
  readonly claimOf: (namespace: string, name: string) => ReadonlyClaim | undefined;
  readonly volumes: readonly ReadonlyVolume[];
  readonly classOf: (name: string) => DeepReadonly<StorageClass> | undefined;
}

/** A cluster without storage. */
export const noStorage: StorageView = {
  claimOf: () => undefined,
  volumes: [],
  classOf: () => undefined,
};

/** The claims of a pod, told apart by what is left to do. */
export interface PodClaims {
  readonly bound: readonly ReadonlyClaim[];
  /** To be bound now that a node is chosen. */
  readonly delayed: readonly ReadonlyClaim[];
}

/** A claim and the volume it is to get. */
export interface VolumeChoice {
  readonly claim: ReadonlyClaim;
  /** Undefined when one is to be provisioned. */
  readonly volume: ReadonlyVolume | undefined;
}

/** The claims of a pod, or why it can be on no node before something happens to one of them. */
export function claimsOfPod(pod: DeepReadonly<Pod>, storage: StorageView): PodClaims | string {
  const bound: ReadonlyClaim[] = [];
  const delayed: ReadonlyClaim[] = [];
  let isImmediateUnbound = false;
  for (const volume of pod.spec?.volumes ?? []) {
    const name = claimNameOfVolume(pod, volume);
    if (name === undefined) continue;
    const claim = storage.claimOf(pod.metadata.namespace ?? '', name);
    if (claim === undefined) {
      return volume.ephemeral === undefined
        ? `persistentvolumeclaim "${name}" not found`
        : `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
    }
    if (claim.status?.phase === 'Lost') {
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
    }
    if (claim.metadata.deletionTimestamp !== undefined) {
      return `persistentvolumeclaim "${name}" is being deleted`;
    }
    if (volume.ephemeral !== undefined && !isClaimForPod(claim, pod)) {
      return `PVC ${pod.metadata.namespace ?? ''}/${name} was not created for pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''} (pod is not owner)`;
    }
    if (isBound(claim)) bound.push(claim);
    else if (!claim.spec?.volumeName && waitsForConsumer(storage.classOf(classNameOf(claim))))
      delayed.push(claim);
    else isImmediateUnbound = true;
  }
  if (isImmediateUnbound) return 'pod has unbound immediate PersistentVolumeClaims';
  return { bound, delayed };
}

function isBound({ metadata, spec }: ReadonlyClaim): boolean {
  return Boolean(spec?.volumeName) && metadata.annotations?.[bindCompleted] !== undefined;
}

/**
 * Whether another pod has a claim of this pod that is for one pod alone (`ReadWriteOncePod`, KEP-2485).
 *
 * @param placements - The pods that hold what is theirs, on all nodes.
 */
export function hasClaimConflict(
  { bound, delayed }: PodClaims,
  placements: readonly Placement[],
): boolean {
  const alone = [...bound, ...delayed]
    .filter(({ spec }) => spec?.accessModes?.includes('ReadWriteOncePod'))
    .map(({ metadata }) => metadata);
  const isTaken = (pod: DeepReadonly<Pod>): boolean => {
    const names = claimNamesOf(pod);
    return alone.some(
      ({ name, namespace }) => namespace === pod.metadata.namespace && names.includes(name),
    );
  };
  return alone.length > 0 && placements.some(({ pods }) => pods.some(isTaken));
}

/** Which volumes the claims of a pod would have on a node, or why they cannot be had there. */
export function volumesOnNode(
  claims: PodClaims,
  node: DeepReadonly<Stored<Node>>,
  storage: StorageView,
): readonly VolumeChoice[] | string {
  const fits = ({ spec }: ReadonlyVolume): boolean => {
    const required = spec?.nodeAffinity?.required;
    return required === undefined || fitsTerms(required.nodeSelectorTerms, node);
  };
  for (const { spec } of claims.bound) {
    const volume = storage.volumes.find(({ metadata }) => metadata.name === spec?.volumeName);
    if (volume === undefined) {
      return 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
    }
    if (!fits(volume)) return "node(s) didn't match PersistentVolume's node affinity";
  }
  const choices: VolumeChoice[] = [];
  const taken = new Set<string>();
  for (const claim of claims.delayed) {
    const chosenNode = claim.metadata.annotations?.[selectedNode];
    const isElsewhere = chosenNode !== undefined && chosenNode !== node.metadata.name;
    const volume =
      chosenNode === undefined
        ? findVolume(claim, storage.volumes, {
            isUsable: (each) => fits(each) && !taken.has(each.metadata.name),
          })
        : undefined;
    if (isElsewhere || (volume === undefined && !canBeProvisioned(claim, storage))) {
      return "node(s) didn't find available persistent volumes to bind";
    }
    if (volume !== undefined) taken.add(volume.metadata.name);
    choices.push({ claim, volume });
  }
  return choices;
}

function canBeProvisioned(claim: ReadonlyClaim, storage: StorageView): boolean {
  const provisioner = storage.classOf(classNameOf(claim))?.provisioner;
  return provisioner !== undefined && provisioner !== 'kubernetes.io/no-provisioner';
}
