import { diagnose } from '../engine/diagnose.ts';
import { stateOf } from '../engine/state-of.ts';
import { Field, refOf } from '../facts/index.ts';

import type { Moment, ObjectRef, Observation, Report, Snapshot } from '../model/index.ts';
import { correlate } from './correlate.ts';
import { byPlace } from './incidents/incident.ts';
import { observeOwner, observePod } from './observe-subjects.ts';
import type { Member, Picture } from './picture.ts';
import { groupBy, SnapshotIndex, type AnyObject } from './snapshot-index.ts';
import { Workloads } from './workload.ts';

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
  const workloads = new Workloads(index);
  const { now, earliest } = snapshot;
  const moment = earliest === undefined ? { now } : { now, earliest };
  const observed = [...pods(index, moment), ...owners(index, moment)];
  const members = observed.flatMap((each) => memberOf(each, workloads));
  const picture: Picture = {
    index,
    nowMs: now.getTime(),
    members,
    byWorkload: groupBy(members.filter(isPod), ({ workload }) => workload.key),
    byNode: groupBy(members.filter(isPod), ({ node }) => node ?? ''),
  };
  return {
    subjects: members.map(({ subject }) => subject).sort(byPlace),
    incidents: correlate(picture),
  };
}

interface Observed {
  readonly object: AnyObject;
  readonly ref: ObjectRef;
  readonly observation: Observation;
}

function pods(index: SnapshotIndex, moment: Moment): readonly Observed[] {
  return index.pods.map((object) => ({
    object,
    ref: { ...refOf(object), kind: 'Pod' },
    observation: observePod(object, index, moment),
  }));
}

function owners(index: SnapshotIndex, moment: Moment): readonly Observed[] {
  const makers = owningKinds.flatMap((kind) => index.ofKind(kind));
  const deployments = index
    .ofKind('Deployment')
    .filter((deployment) => !isShown(deployment, index));
  return [...makers, ...deployments, ...unseenOwners(index)].map((object) => ({
    object,
    ref: refOf(object),
    observation: observeOwner(object, index, moment),
  }));
}

function isPod({ ref }: Member): boolean {
  return ref.kind === 'Pod';
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

/** A pod is a subject in any case, an owner when something is wrong with it. */
function memberOf({ object, ref, observation }: Observed, workloads: Workloads): readonly Member[] {
  const findings = diagnose(observation);
  if (ref.kind !== 'Pod' && findings.length === 0) return [];
  const view = Field.root(object, () => ref);
  const subject = {
    ...ref,
    healthy: findings.every(({ severity }) => severity === 'info'),
    state: stateOf(observation, findings),
    findings,
  };
  const node = view.at('spec', 'nodeName').text;
  return [{ subject, ref, view, workload: workloads.of(object, ref), node }];
}
