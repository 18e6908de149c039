import type { Category, HeldScope } from '../../model/index.ts';
import { groupBy } from '../snapshot-index.ts';
import { keyOfRef } from '../workload.ts';
import { workloadsIn, type FailingMember } from '../picture.ts';
import { count, explain, mainCategory, refText, type Detector } from './incident.ts';

/** What is refused to one owner is refused to the next: these are incidents of their namespace, however many fail so far. */
const ofNamespaces: ReadonlySet<Category> = new Set([
  'QuotaExceeded',
  'LimitRangeViolation',
  'PodSecurityDenied',
  'WebhookDenied',
  'MissingServiceAccount',
]);

/** Modes 27, 41 and 55: one object, missing, full or forbidding, behind the failures of several subjects. */
export const sharedObjects: Detector = (open) => {
  const withCause = open.flatMap((member) => {
    const { cause } = member.finding;
    return cause === undefined || cause.kind === 'Node' ? [] : [{ member, cause }];
  });
  const byCause = groupBy(withCause, ({ cause }) => keyOfRef(cause));
  return [...byCause.values()].flatMap((group) => {
    const members = group.map(({ member }) => member);
    const cause = group[0]?.cause;
    const category = mainCategory(members);
    if (cause === undefined || category === undefined) return [];
    const workloads = workloadsIn(members);
    if (workloads < 2 && !ofNamespaces.has(category)) return [];
    const holds = heldBy(category, members);
    return explain(members, {
      category,
      summary:
        members.length === 1
          ? (members[0]?.finding.summary ?? '')
          : `${refText(cause)} is behind the failures of ${count(members.length, 'subject')} of ${count(workloads, 'workload')} (${category}).`,
      confidence: { level: 'high', because: 'each of them names it' },
      cause,
      holds,
      remediation: 'report-only',
      advice: adviceFor(holds, members),
    });
  });
};

function heldBy(category: Category, members: readonly FailingMember[]): HeldScope {
  if (!ofNamespaces.has(category)) return 'members';
  // A webhook that does not answer refuses what it would let through, wherever it is asked.
  const unreachable = members.some(({ finding }) =>
    finding.evidence.some(
      ({ value }) => typeof value === 'string' && /failed calling/i.test(value),
    ),
  );
  return unreachable ? 'cluster' : 'namespace';
}

function adviceFor(holds: HeldScope, members: readonly FailingMember[]): string {
  const advice = members[0]?.finding.advice ?? '';
  return holds === 'members'
    ? advice
    : `${advice} Until then a pod that is deleted ${holds === 'cluster' ? 'may not come back' : 'in this namespace may not come back'}.`;
}
