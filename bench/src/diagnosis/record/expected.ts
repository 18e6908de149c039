import type { KubernetesObject } from '@kubewright/apimachinery';
import { wellCategories } from '../expectation.ts';
import type { ObjectName, Scenario } from './scenario.ts';
import type { Change } from './watches.ts';

/** A line of a recording. */
export interface Line {
  /** Seconds since the start. */
  readonly t: number;
  readonly event: Change['event'];
  readonly kind: string;
  readonly object: KubernetesObject;
}

/** The right answer as it lies beside a recording: what was claimed before, and where it was seen. */
export function expectedOf(
  { name, modes, cause, claim, sign }: Scenario,
  lines: readonly Line[],
  duration: number,
  startMs: number,
): object {
  const wanted = claim.subject ?? 'Pod';
  const shows = lines.filter(
    ({ kind, object }) =>
      (kind === 'Pod') === (wanted === 'Pod') &&
      (wanted === 'owner' || kind !== 'Event') &&
      (sign?.test(JSON.stringify(object)) ?? false),
  );
  const subjects = new Set(shows.map(subjectOf));
  return {
    name,
    modes,
    category: claim.category,
    container: claim.container ?? null,
    containerType: claim.container === undefined ? null : (claim.containerType ?? 'app'),
    healthy: wellCategories.has(claim.category),
    remediation: claim.remediation,
    cause,
    alsoAccept: claim.alsoAccept ?? [],
    subject: wanted,
    ...(claim.judge === undefined ? {} : { judge: claim.judge }),
    observed: {
      subjects:
        claim.of === undefined
          ? [...subjects].sort()
          : allNames(lines).filter((each) => each.startsWith(claim.of ?? '')),
      firstSeen: shows[0]?.t ?? null,
      duration,
      start: new Date(startMs).toISOString(),
    },
  };
}

/** The name of the pod or owner that a line is about. */
function subjectOf({ kind, object }: Line): string {
  const { involvedObject: about } = object as KubernetesObject & {
    readonly involvedObject?: ObjectName; // of an Event
  };
  return (kind === 'Event' ? about?.name : object.metadata.name) ?? '';
}

function allNames(lines: readonly Line[]): readonly string[] {
  const names = lines
    .filter(({ kind }) => kind !== 'Event' && kind !== 'Node')
    .map(({ object }) => object.metadata.name ?? '');
  return [...new Set(names)].sort();
}
