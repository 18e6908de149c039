import { diagnose } from '../engine/diagnose.ts';
import { stateOf } from '../engine/state-of.ts';
import { listed, refOf } from '../facts/index.ts';
import type { Observation, Report, Snapshot, Subject } from '../model/index.ts';
import { SnapshotIndex } from './snapshot-index.ts';

/**
 * What is wrong with each of many pods, and with owners that cannot make theirs.
 *
 * Guarantees: pure, no I/O; never throws, whatever the objects hold; linear in the pods and Events.
 */
export function diagnoseAll(snapshot: Snapshot): Report {
  const index = new SnapshotIndex(snapshot);
  const subjects: Subject[] = listed(snapshot.pods).map((pod) =>
    subjectOf({ ...refOf(pod), kind: 'Pod' }, index.observationOf(pod)),
  );
  for (const object of listed(snapshot.objects)) {
    const subject = subjectOf(refOf(object), index.observationOfOwner(object));
    if (subject.findings.length > 0) subjects.push(subject);
  }
  return { subjects: subjects.sort(byPlace), incidents: [] };
}

function subjectOf(
  ref: Pick<Subject, 'kind' | 'namespace' | 'name'>,
  observation: Observation,
): Subject {
  const findings = diagnose(observation);
  return {
    ...ref,
    healthy: findings.length === 0,
    state: stateOf(observation, findings),
    findings,
  };
}

function byPlace(left: Subject, right: Subject): number {
  return (
    compare(left.namespace ?? '', right.namespace ?? '') ||
    compare(left.name, right.name) ||
    compare(left.kind, right.kind)
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
