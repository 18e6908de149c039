import type { Field } from '../facts/index.ts';
import type { Finding, ObjectRef, Subject } from '../model/index.ts';
import type { SnapshotIndex } from './snapshot-index.ts';
import type { Workload } from './workload.ts';

/** One subject with its place in the cluster. */
export interface Member {
  readonly subject: Subject;
  readonly ref: ObjectRef;
  /** The pod or owner itself. */
  readonly view: Field;
  readonly workload: Workload;
  /** Name of the node that the pod was given. */
  readonly node: string | undefined;
}

/** A member that fails, and its first finding. */
export interface FailingMember extends Member {
  readonly finding: Finding;
}

/** All subjects, by what they may share. */
export interface Picture {
  readonly index: SnapshotIndex;
  readonly nowMs: number;
  readonly members: readonly Member[];
  /** Pods of a workload, by its key. */
  readonly byWorkload: ReadonlyMap<string, readonly Member[]>;
  /** Pods of a node, by its name. */
  readonly byNode: ReadonlyMap<string, readonly Member[]>;
}

/** Whether the member does its work, or has done it. */
export function isWell({ subject, view }: Member): boolean {
  if (!subject.healthy) return false;
  const conditions = view.at('status', 'conditions').items;
  const ready = conditions.find((condition) => condition.at('type').text === 'Ready');
  return ready?.at('status').text === 'True' || view.at('status', 'phase').text === 'Succeeded';
}

/** Number of different workloads. */
export function workloadsIn(members: readonly Member[]): number {
  return new Set(members.map(({ workload }) => workload.key)).size;
}
