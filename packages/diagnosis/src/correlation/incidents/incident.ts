import {
  severities,
  type Category,
  type Evidence,
  type Incident,
  type ObjectRef,
  type Severity,
} from '../../model/index.ts';
import type { FailingMember, Picture } from '../picture.ts';

/** An incident with the members that it explains, so that no other incident explains them too. */
export interface Explanation {
  readonly incident: Incident;
  readonly explains: readonly FailingMember[];
}

/** Looks for one kind of incident among the members that nothing explains yet. */
export type Detector = (open: readonly FailingMember[], picture: Picture) => readonly Explanation[];

/** Most members whose evidence an incident repeats. */
const maxShown = 5;

/** An incident of these members; what is said about all of them follows from what is said of each. */
export function explain(
  given: readonly FailingMember[],
  rest: Pick<
    Incident,
    'category' | 'summary' | 'confidence' | 'holds' | 'remediation' | 'advice'
  > & {
    readonly severity?: Severity;
    readonly cause?: ObjectRef | undefined;
    readonly evidence?: readonly Evidence[];
    readonly changes?: Incident['changes'];
  },
): Explanation {
  const explains = given.toSorted((one, other) => byPlace(one.ref, other.ref));
  const { cause, evidence = [], severity = severest(explains), changes, ...said } = rest;
  const since = explains.flatMap(({ finding }) => finding.since ?? []).toSorted()[0];
  return {
    explains,
    incident: {
      ...said,
      severity,
      members: explains.map(({ ref }) => ref),
      evidence: [...evidence, ...evidenceOf(explains)],
      ...(cause === undefined ? {} : { cause }),
      ...(since === undefined ? {} : { since }),
      ...(changes === undefined || changes.length === 0 ? {} : { changes }),
    },
  };
}

/** The first evidence of some members, with the member as the object that it was seen in. */
function evidenceOf(members: readonly FailingMember[]): readonly Evidence[] {
  return members.slice(0, maxShown).flatMap(({ ref, finding }) => {
    const [first] = finding.evidence;
    return first === undefined
      ? []
      : [first.object === undefined ? { object: ref, ...first } : first];
  });
}

function severest(members: readonly FailingMember[]): Severity {
  const ranks = members.map(({ finding }) => severities.indexOf(finding.severity));
  return severities[Math.min(...ranks, severities.length - 1)] ?? 'info';
}

/** The most frequent category; of several the first in the order given. */
export function mainCategory(members: readonly FailingMember[]): Category | undefined {
  const counts = new Map<Category, number>();
  for (const { finding } of members) {
    counts.set(finding.category, (counts.get(finding.category) ?? 0) + 1);
  }
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0];
}

/** By namespace, then by name. */
export function byPlace(one: ObjectRef, other: ObjectRef): number {
  return (
    compare(one.namespace ?? '', other.namespace ?? '') ||
    compare(one.name, other.name) ||
    compare(one.kind, other.kind)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** `3 pods`, `1 pod`. */
export function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** `Deployment shop/web`. */
export function refText({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
