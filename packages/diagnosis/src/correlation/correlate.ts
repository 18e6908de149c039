import type { Incident } from '../model/index.ts';
import { badNodes } from './incidents/bad-nodes.ts';
import { badRollouts } from './incidents/bad-rollouts.ts';
import { failingWorkloads } from './incidents/failing-workloads.ts';
import type { Detector } from './incidents/incident.ts';
import { byPlace } from './incidents/incident.ts';
import { noRoom } from './incidents/no-room.ts';
import { nodeIncidents, restartedNodes } from './incidents/node-incidents.ts';
import { restartStorms } from './incidents/restart-storms.ts';
import { sharedDependencies } from './incidents/shared-dependencies.ts';
import { sharedObjects } from './incidents/shared-objects.ts';
import type { FailingMember, Picture } from './picture.ts';

/** What is named by the members themselves comes before what is told from numbers and times. */
const detectors: readonly Detector[] = [
  nodeIncidents,
  sharedObjects,
  badRollouts,
  restartedNodes,
  badNodes,
  sharedDependencies,
  noRoom,
  restartStorms,
  failingWorkloads,
];

/** The incidents of a picture, widest first; each member is explained once. */
export function correlate(picture: Picture): readonly Incident[] {
  const incidents: Incident[] = [];
  let open = picture.members.flatMap(failing);
  for (const detect of detectors) {
    const found = detect(open, picture);
    if (found.length === 0) continue;
    const explained = new Set(found.flatMap(({ explains }) => explains));
    open = open.filter((member) => !explained.has(member));
    incidents.push(...found.map(({ incident }) => incident));
  }
  return incidents.sort(widestFirst);
}

function failing(member: Picture['members'][number]): readonly FailingMember[] {
  const [finding] = member.subject.findings;
  return finding === undefined ? [] : [{ ...member, finding }];
}

function widestFirst(one: Incident, other: Incident): number {
  const [first] = one.members;
  const [second] = other.members;
  const byWidth = other.members.length - one.members.length;
  return byWidth !== 0 || first === undefined || second === undefined
    ? byWidth
    : byPlace(first, second);
}
