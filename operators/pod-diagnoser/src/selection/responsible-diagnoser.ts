import type { DeepReadonly } from '@kubewright/apimachinery';
import type { PodDiagnoser } from '../api/pod-diagnoser.ts';

/** A diagnoser as the cache has it. */
export type CachedDiagnoser = DeepReadonly<PodDiagnoser>;

/** What is looked at to find out who is responsible for a pod. */
export interface LabelledPod {
  readonly metadata: {
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
}

/**
 * The one diagnoser that a pod belongs to: of those in its namespace that are enabled, not being deleted, and whose
 * target labels it carries, the oldest by creationTimestamp; of equally old ones the first by name.
 */
export function responsibleFor<D extends CachedDiagnoser>(
  pod: LabelledPod,
  diagnosers: readonly D[],
): D | undefined {
  let responsible: D | undefined;
  for (const diagnoser of diagnosers) {
    if (!isActive(diagnoser) || !matches(diagnoser, pod)) continue;
    if (responsible === undefined || comesBefore(diagnoser, responsible)) responsible = diagnoser;
  }
  return responsible;
}

/**
 * The diagnoser that takes every pod away from this one: it comes first, and asks for no label that this one does not ask for too.
 * Undefined when there is none.
 */
export function shadowOf<D extends CachedDiagnoser>(
  diagnoser: D,
  others: readonly D[],
): D | undefined {
  const own = diagnoser.spec.targetLabels ?? {};
  return others.find(
    (other) =>
      other.metadata.uid !== diagnoser.metadata.uid &&
      other.metadata.namespace === diagnoser.metadata.namespace &&
      isActive(other) &&
      comesBefore(other, diagnoser) &&
      Object.entries(other.spec.targetLabels ?? {}).every(([key, value]) => own[key] === value),
  );
}

/** Whether it diagnoses at all. */
export function isActive({ spec, metadata }: CachedDiagnoser): boolean {
  return spec.enableAnnotations && metadata.deletionTimestamp === undefined;
}

function matches({ spec, metadata }: CachedDiagnoser, pod: LabelledPod): boolean {
  if (metadata.namespace !== pod.metadata.namespace) return false;
  const labels = pod.metadata.labels ?? {};
  return Object.entries(spec.targetLabels ?? {}).every(([key, value]) => labels[key] === value);
}

function comesBefore(
  { metadata: left }: CachedDiagnoser,
  { metadata: right }: CachedDiagnoser,
): boolean {
  // Times of the server are all of one form, so that they sort as texts.
  const [leftTime, rightTime] = [left.creationTimestamp ?? '', right.creationTimestamp ?? ''];
  return leftTime === rightTime ? (left.name ?? '') < (right.name ?? '') : leftTime < rightTime;
}
