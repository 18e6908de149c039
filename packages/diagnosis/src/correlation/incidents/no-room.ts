import { decisiveRefusal, parseSchedulerMessage } from '../../messages/scheduler-message.ts';
import { groupBy } from '../snapshot-index.ts';
import { workloadsIn, type FailingMember } from '../picture.ts';
import { count, explain, type Detector } from './incident.ts';

const fewestWorkloads = 2;

/** Mode 38, for many: the cluster is short of one thing, and several workloads wait for it. */
export const noRoom: Detector = (open) => {
  const waiting = open.flatMap((member) => {
    const lacking = lackOf(member);
    return lacking === undefined ? [] : [{ member, lacking }];
  });
  return [...groupBy(waiting, ({ lacking }) => lacking)].flatMap(([lacking, group]) => {
    const members = group.map(({ member }) => member);
    const workloads = workloadsIn(members);
    if (workloads < fewestWorkloads) return [];
    return explain(members, {
      category: 'UnschedulableResources',
      summary: `The cluster has no ${lacking} left: ${count(members.length, 'pod')} of ${count(workloads, 'workload')} wait for it.`,
      confidence: { level: 'high', because: 'the scheduler says so of each' },
      holds: 'members',
      remediation: 'report-only',
      advice: `Add nodes, or free ${lacking}: lower requests that are above use, or scale down what can wait.`,
    });
  });
};

function lackOf({ finding }: FailingMember): string | undefined {
  if (finding.category !== 'UnschedulableResources') return undefined;
  for (const { value } of finding.evidence) {
    if (typeof value !== 'string' || !/nodes are/i.test(value)) continue;
    const resource = decisiveRefusal(parseSchedulerMessage(value))?.resource;
    if (resource !== undefined) return resource;
  }
  return undefined;
}
