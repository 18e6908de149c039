import type { DeepReadonly, KubernetesObject } from '@kubewright/apimachinery';
import type { ObjectRef, Report, Snapshot, Subject } from '@kubewright/diagnosis';
import { CommandError } from '../command-error.ts';
import type { SubjectArgument } from './subject-argument.ts';

/**
 * The part of a report that was asked for: what is named itself, and what it owns, at any depth; of a node what runs on it.
 * An owner of healthy pods, or of none, is healthy.
 *
 * @throws CommandError when something named is not there.
 */
export function selectSubjects(
  report: Report,
  snapshot: Snapshot,
  wanted: readonly SubjectArgument[],
): Report {
  if (wanted.length === 0) return report;
  const everything = [...snapshot.pods.map(asPod), ...(snapshot.objects ?? [])];
  const selected = new Map<string, ObjectRef>();
  for (const argument of wanted) {
    const named = everything.filter(
      ({ kind, metadata }) => kind === argument.kind && metadata.name === argument.name,
    );
    if (named.length === 0) throw notThere(argument, everything);
    for (const ref of withDependents(named, everything)) selected.set(keyOf(ref), ref);
  }
  const subjects = report.subjects.filter((subject) => selected.has(keyOf(subject)));
  const present = new Set(subjects.map(keyOf));
  const missing = wanted.flatMap((argument) =>
    subjects.length > 0 ? [] : healthyOwner(argument, everything),
  );
  return {
    subjects: [...subjects, ...missing.filter((subject) => !present.has(keyOf(subject)))],
    incidents: report.incidents.filter(({ members }) =>
      members.some((member) => selected.has(keyOf(member))),
    ),
  };
}

type AnyObject = DeepReadonly<KubernetesObject>;

function asPod(pod: AnyObject): AnyObject {
  return { ...pod, kind: 'Pod' };
}

function withDependents(
  roots: readonly AnyObject[],
  everything: readonly AnyObject[],
): ObjectRef[] {
  const dependents = new Map<string, AnyObject[]>();
  const file = (key: string, object: AnyObject): void => {
    const present = dependents.get(key);
    if (present === undefined) dependents.set(key, [object]);
    else present.push(object);
  };
  for (const object of everything) {
    const { namespace, ownerReferences = [] } = object.metadata;
    for (const { uid, kind, name } of ownerReferences) {
      file(uid, object);
      file(keyOf({ kind, name, ...(namespace === undefined ? {} : { namespace }) }), object);
    }
    const node = nodeOf(object);
    if (typeof node === 'string') file(keyOf({ kind: 'Node', name: node }), object);
  }
  const found = new Set(roots);
  // A set is iterated in the order of insertion, what is added on the way included.
  for (const object of found) {
    // Files that were written by hand may have no uids.
    for (const key of [object.metadata.uid ?? '', keyOf(refOf(object))]) {
      for (const dependent of dependents.get(key) ?? []) found.add(dependent);
    }
  }
  return [...found].map(refOf);
}

function nodeOf(object: object): unknown {
  return 'spec' in object &&
    typeof object.spec === 'object' &&
    object.spec !== null &&
    'nodeName' in object.spec
    ? object.spec.nodeName
    : undefined;
}

function healthyOwner(
  { kind, name }: SubjectArgument,
  everything: readonly AnyObject[],
): Subject[] {
  return everything
    .filter((object) => object.kind === kind && object.metadata.name === name)
    .map((object) => ({ ...refOf(object), healthy: true, state: 'Healthy', findings: [] }));
}

function refOf({ kind = '', metadata }: AnyObject): ObjectRef {
  const { namespace, name = '' } = metadata;
  return { kind, ...(namespace === undefined ? {} : { namespace }), name };
}

function keyOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function notThere({ kind, name }: SubjectArgument, everything: readonly AnyObject[]): CommandError {
  const names = everything
    .filter((object) => object.kind === kind)
    .map(({ metadata }) => metadata.name ?? '')
    .sort();
  const near = names.filter((other) => other.startsWith(name.slice(0, 3)));
  const shown = (near.length > 0 ? near : names).slice(0, 5);
  const hint =
    shown.length === 0
      ? `there is no ${kind} at all`
      : `there is: ${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`;
  return new CommandError(`${kind} "${name}" was not found; ${hint}`);
}
