import type { Category } from '../../model/index.ts';
import { workloadsIn, type FailingMember } from '../picture.ts';
import { count, explain, type Detector } from './incident.ts';

/** Fewest workloads of a storm: what a handful do at one moment is chance in a large cluster. */
const fewestWorkloads = 5;
/** Ends this close to each other, in milliseconds, are one storm. */
const windowMs = 2 * 60_000;
/** After so many restarts the back-off and not the cause decides when a container ends. */
const mostRestarts = 2;

const ofStorms: ReadonlySet<Category> = new Set([
  'AppError',
  'KilledUnattributed',
  'Terminated',
  'UnexpectedCompletion',
  'LivenessProbeFailure',
  'Aborted',
  'SegmentationFault',
]);

/** Mode 60 without a name: many workloads ended at one moment, and nothing says what they share. */
export const restartStorms: Detector = (open) => {
  const ends = open
    .filter(({ finding }) => ofStorms.has(finding.category))
    .map((member) => ({ member, atMs: beginningOf(member) }))
    .filter(({ atMs }) => atMs > 0)
    .sort((one, other) => one.atMs - other.atMs);
  let best: readonly [from: number, to: number] = [0, 0];
  let from = 0;
  for (let to = 0; to < ends.length; to++) {
    while ((ends[to]?.atMs ?? 0) - (ends[from]?.atMs ?? 0) > windowMs) from++;
    if (to + 1 - from > best[1] - best[0]) best = [from, to + 1];
  }
  const members = ends.slice(...best).map(({ member }) => member);
  const workloads = workloadsIn(members);
  if (workloads < fewestWorkloads) return [];
  const nodes = new Set(members.map(({ node }) => node)).size;
  return [
    explain(members, {
      category: 'SharedDependencyFailure',
      summary: `${count(workloads, 'workload')} ended within ${String(windowMs / 60_000)} minutes on ${count(nodes, 'node')}; what they share is not in evidence.`,
      confidence: { level: 'low', because: 'only the time of their ends speaks for one cause' },
      holds: 'cluster',
      remediation: 'none',
      advice:
        'Look for what changed at that time: DNS, network, a database, a certificate, a node image. Do not restart anything before.',
    }),
  ];
};

/** When the container began to fail, in milliseconds; 0 when it has failed for too long to tell. */
function beginningOf({ finding, view }: FailingMember): number {
  const statuses = view.at('status', 'containerStatuses').items;
  const status = statuses.find((each) => each.at('name').text === finding.container);
  const restarts = status?.at('restartCount').number ?? 0;
  if (status === undefined || restarts > mostRestarts) return 0;
  const ended = status.at('state', 'terminated', 'finishedAt').timeMs;
  return ended ?? status.at('lastState', 'terminated', 'finishedAt').timeMs ?? 0;
}
