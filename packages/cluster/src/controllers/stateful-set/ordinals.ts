import type { DeepReadonly, Pod, StatefulSet, Stored } from '@kubewright/apimachinery';

/** A StatefulSet as the cache hands it out. */
export type ReadonlySet = DeepReadonly<Stored<StatefulSet>>;
/** A pod as the cache hands it out. */
export type ReadonlyPod = DeepReadonly<Stored<Pod>>;

/** The greatest ordinal, as the names of pods are read by Kubernetes. */
const maxOrdinal = 2 ** 31 - 1;

/** The ordinals a StatefulSet wants, first and last; none when the last is before the first. */
export function ordinalRange(set: DeepReadonly<StatefulSet>): { first: number; last: number } {
  const first = set.spec?.ordinals?.start ?? 0;
  return { first, last: first + (set.spec?.replicas ?? 1) - 1 };
}

/** Whether an ordinal is among those the StatefulSet wants. */
export function isInRange(set: DeepReadonly<StatefulSet>, ordinal: number): boolean {
  const { first, last } = ordinalRange(set);
  return ordinal >= first && ordinal <= last;
}

/** Name of the pod of an ordinal. */
export function podNameOf(set: DeepReadonly<StatefulSet>, ordinal: number): string {
  return `${set.metadata.name ?? ''}-${ordinal}`;
}

/** Name of the claim that a claim template gives the pod of an ordinal. */
export function claimNameOf(
  set: DeepReadonly<StatefulSet>,
  template: string,
  ordinal: number,
): string {
  return `${template}-${set.metadata.name ?? ''}-${ordinal}`;
}

/** The ordinal in the name of a pod of this StatefulSet; undefined when the name is not one of its own. */
export function ordinalOf(
  set: DeepReadonly<StatefulSet>,
  pod: { readonly metadata: { readonly name?: string | undefined } },
): number | undefined {
  const match = /^(.*)-(0|[1-9]\d*)$/.exec(pod.metadata.name ?? '');
  if (match === null || match[1] !== set.metadata.name) return undefined;
  const ordinal = Number(match[2]);
  return ordinal <= maxOrdinal ? ordinal : undefined;
}
