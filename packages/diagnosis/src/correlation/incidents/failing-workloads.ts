import { groupBy } from '../snapshot-index.ts';
import { explain, mainCategory, refText, type Detector } from './incident.ts';

/** Several pods of one workload that fail in the same way are one failure. */
export const failingWorkloads: Detector = (open, picture) => {
  const failing = open.filter(
    ({ finding, ref }) => finding.severity !== 'info' && ref.kind === 'Pod',
  );
  const groups = groupBy(
    failing,
    ({ workload, finding }) => `${workload.key}\n${finding.category}\n${finding.container ?? ''}`,
  );
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    const category = mainCategory(members);
    if (first === undefined || category === undefined || members.length < 2) return [];
    const all = picture.byWorkload.get(first.workload.key)?.length ?? members.length;
    return explain(members, {
      category,
      summary: `${String(members.length)} of ${String(all)} pods of ${refText(first.workload.ref)} fail in the same way. ${first.finding.summary}`,
      confidence: first.finding.confidence,
      cause: first.workload.ref,
      holds: 'members',
      remediation: first.finding.remediation,
      advice: first.finding.advice,
    });
  });
};
