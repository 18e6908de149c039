import { diagnose } from '../engine/diagnose.ts';
import { stateOf } from '../engine/state-of.ts';
import { Field, refOf } from '../facts/index.ts';

import type { ObjectRef, Observation, Report, Snapshot, Subject } from '../model/index.ts';
import { observeOwner, observePod } from './observe-subjects.ts';
import { SnapshotIndex, type AnyObject } from './snapshot-index.ts';

/** Owners that make pods themselves. */
const owningKinds = ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'];

/**
 * Why pods fail, all of a snapshot in one pass, and what is behind several of them.
 *
 * Guarantees: pure, never throws whatever the objects hold; each pod is a subject, and each owner that cannot make its
 * pods; the time it takes beyond that of `diagnose` for each pod is in proportion to the snapshot.
 */
export function diagnoseAll(snapshot: Snapshot): Report {
  const index = new SnapshotIndex(snapshot);
  const subjects = [...podSubjects(index, snapshot.now), ...ownerSubjects(index, snapshot.now)];
  return { subjects: subjects.sort(byPlace), incidents: [] };
}

function podSubjects(index: SnapshotIndex, now: Date): readonly Subject[] {
  return index.pods.map((pod) =>
    subjectOf({ ...refOf(pod), kind: 'Pod' }, observePod(pod, index, now)),
  );
}

function ownerSubjects(index: SnapshotIndex, now: Date): readonly Subject[] {
  const owners = owningKinds.flatMap((kind) => index.ofKind(kind));
  const deployments = index
    .ofKind('Deployment')
    .filter((deployment) => !isShown(deployment, index));
  return [...owners, ...deployments, ...unseenOwners(index)]
    .map((owner) => subjectOf(refOf(owner), observeOwner(owner, index, now)))
    .filter(({ findings }) => findings.length > 0);
}

/** A Deployment repeats what its ReplicaSet says. */
function isShown(deployment: AnyObject, index: SnapshotIndex): boolean {
  const uid = Field.root(deployment).at('metadata', 'uid').text;
  return index.ownedBy(uid).some((owned) => refOf(owned).kind === 'ReplicaSet');
}

/** Owners of which only Events were seen. */
function unseenOwners(index: SnapshotIndex): readonly AnyObject[] {
  return index.namedByEvents
    .filter(({ kind, namespace, name }) => {
      return owningKinds.includes(kind) && index.find(kind, namespace, name) === undefined;
    })
    .map(({ kind, ...metadata }) => ({ kind, metadata }));
}

function subjectOf(ref: ObjectRef, observation: Observation): Subject {
  const findings = diagnose(observation);
  return {
    ...ref,
    healthy: findings.every(({ severity }) => severity === 'info'),
    state: stateOf(observation, findings),
    findings,
  };
}

function byPlace(one: ObjectRef, other: ObjectRef): number {
  return (
    compare(one.namespace ?? '', other.namespace ?? '') ||
    compare(one.name, other.name) ||
    compare(one.kind, other.kind)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
