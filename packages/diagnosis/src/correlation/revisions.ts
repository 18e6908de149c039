import { Field, refOf } from '../facts/index.ts';
import type { Evidence, ObjectRef } from '../model/index.ts';
import type { Member } from './picture.ts';
import type { AnyObject, SnapshotIndex } from './snapshot-index.ts';

/** One revision of a pod template. */
export interface Revision {
  /** As the pods carry it in `pod-template-hash` or `controller-revision-hash`. */
  readonly hash: string;
  /** `7`; undefined when it was not seen. */
  readonly number: string | undefined;
  /** The pod template; undefined when it was not seen. */
  readonly template: unknown;
  /** Pods of it that are ready, as its ReplicaSet counts them. */
  readonly ready: number;
  readonly proof: readonly Evidence[];
}

/** The revisions of a workload that matter to a rollout. */
export interface Revisions {
  readonly newest: Revision | undefined;
  /** The newest of the older ones that is ready, else the newest of the older ones. */
  readonly previous: Revision | undefined;
  /** The condition Progressing of a Deployment. */
  readonly progressing: Field | undefined;
}

/**
 * The revisions of a Deployment, StatefulSet or DaemonSet: from its ReplicaSets or ControllerRevisions; where those
 * were not seen, from the pods, whose newest revision is the one that was made last.
 */
export function revisionsOf(
  ref: ObjectRef,
  pods: readonly Member[],
  index: SnapshotIndex,
): Revisions {
  const owner = index.find(ref.kind, ref.namespace, ref.name);
  const view = Field.root(owner, () => ref);
  const seen = index
    .ownedBy(view.at('metadata', 'uid').text)
    .flatMap((object) => storedRevision(object) ?? [])
    .sort((one, other) => other.order - one.order);
  const update = view.at('status', 'updateRevision').text;
  const newest = seen.find(({ hash }) => update === undefined || hash === update) ?? seen[0];
  const older = seen.filter((revision) => revision !== newest);
  const conditions = view.at('status', 'conditions').items;
  const progressing = conditions.find((condition) => condition.at('type').text === 'Progressing');
  return {
    newest: newest ?? lastMade(pods, update),
    previous: older.find(({ ready }) => ready > 0) ?? older[0],
    progressing,
  };
}

function storedRevision(object: AnyObject): (Revision & { readonly order: number }) | undefined {
  const ref = refOf(object);
  const view = Field.root(object, () => ref);
  if (ref.kind === 'ReplicaSet') {
    const revision = view.at('metadata', 'annotations', 'deployment.kubernetes.io/revision');
    const ready = view.at('status', 'readyReplicas');
    return {
      hash: view.at('metadata', 'labels', 'pod-template-hash').text ?? ref.name,
      number: revision.text,
      order: Number(revision.text ?? 0) || (view.at('metadata', 'creationTimestamp').timeMs ?? 0),
      template: view.at('spec', 'template').value,
      ready: ready.number ?? 0,
      proof: [revision.evidence, ready.evidence],
    };
  }
  if (ref.kind !== 'ControllerRevision') return undefined;
  const revision = view.at('revision');
  return {
    hash: view.at('metadata', 'labels', 'controller-revision-hash').text ?? ref.name,
    number: revision.number === undefined ? undefined : String(revision.number),
    order: revision.number ?? 0,
    template: view.at('data', 'spec', 'template').value,
    ready: 0,
    proof: [revision.evidence],
  };
}

/** The revision whose pods were all made after those of the others; undefined when they alternate. */
function lastMade(pods: readonly Member[], update: string | undefined): Revision | undefined {
  const spans = new Map<string, { first: number; last: number }>();
  for (const { workload, view } of pods) {
    const made = view.at('metadata', 'creationTimestamp').timeMs;
    if (workload.revision === undefined || made === undefined) continue;
    const span = spans.get(workload.revision) ?? { first: made, last: made };
    spans.set(workload.revision, {
      first: Math.min(span.first, made),
      last: Math.max(span.last, made),
    });
  }
  const ordered = [...spans].sort(([, one], [, other]) => other.first - one.first);
  const newest = ordered.find(([hash]) => hash === update) ?? ordered[0];
  const next = ordered.find((each) => each !== newest);
  if (newest === undefined || next === undefined || newest[1].first < next[1].last)
    return undefined;
  return { hash: newest[0], number: undefined, template: undefined, ready: 0, proof: [] };
}
