import type { Field } from '../../facts/index.ts';
import type { Category, ObjectRef } from '../../model/index.ts';
import { groupBy } from '../snapshot-index.ts';
import { workloadsIn, type FailingMember, type Picture } from '../picture.ts';
import { count, explain, type Detector, type Explanation } from './incident.ts';

/** What a node does to all of its pods, in the order in which it is blamed. */
const ofNodes: readonly Category[] = [
  'NodeLost',
  'NodeShutdown',
  'NodeRestart',
  'EvictedMemory',
  'EvictedDisk',
  'EvictedPids',
  'NodeOOM',
];

/** What follows for pods that are, or were to be, on such a node. */
const followUps: ReadonlySet<Category> = new Set(['Disrupted', 'UnschedulableTaint']);

const sayings: Readonly<Partial<Record<Category, readonly [summary: string, advice: string]>>> = {
  NodeLost: [
    'does not answer or is not ready',
    'Repair or replace the node. Its pods move after their toleration; pods of a StatefulSet are not to be deleted by force.',
  ],
  NodeShutdown: [
    'was shut down',
    'Nothing, when it was planned. What is left of the pods can be cleaned up once they are replaced.',
  ],
  NodeRestart: [
    'or its container runtime was restarted',
    'Nothing is wrong with the pods. Look at why the node was restarted.',
  ],
  EvictedMemory: [
    'ran out of memory and evicted pods',
    'Find what filled the node; give pods memory requests near what they use.',
  ],
  EvictedDisk: [
    'ran out of disk and evicted pods',
    'Find what filled the disk: images, logs, emptyDir volumes. Give pods ephemeral-storage limits.',
  ],
  EvictedPids: [
    'ran out of process numbers and evicted pods',
    'Find what makes the processes; the evicted pods may be innocent. Set podPidsLimit in the kubelet.',
  ],
  NodeOOM: [
    'ran out of memory, and the kernel killed processes of containers',
    'Give the pods of the node memory requests and limits.',
  ],
};

/** Modes 43, 48 to 50: one finding for a node, instead of one for each of its pods. */
export const nodeIncidents: Detector = (open) => {
  const byNode = groupBy(open.filter(isOfNode), nodeOf);
  return [...byNode].flatMap(([node, members]) => {
    const category = ofNodes.find((each) =>
      members.some(({ finding }) => finding.category === each),
    );
    const saying = category === undefined ? undefined : sayings[category];
    if (category === undefined || saying === undefined || members.length < 2) return [];
    const [summary, advice] = saying;
    return explain(members, {
      category,
      summary: `Node ${node} ${summary}: ${count(members.length, 'pod')} of ${count(workloadsIn(members), 'workload')} concerned.`,
      confidence: { level: 'high', because: 'each of the pods names it' },
      cause: { kind: 'Node', name: node },
      holds: 'node',
      remediation: 'none',
      advice,
    });
  });
};

function isOfNode(member: FailingMember): boolean {
  const { category, cause } = member.finding;
  if (ofNodes.includes(category)) return nodeOf(member) !== '';
  return followUps.has(category) && (cause?.kind === 'Node' || member.node !== undefined);
}

function nodeOf({ finding, node }: FailingMember): string {
  return (finding.cause?.kind === 'Node' ? finding.cause.name : node) ?? '';
}

/** Ends this close to each other, in milliseconds, have one cause. */
const togetherMs = 10_000;
const fewestWorkloads = 3;
/** Share of the pods of a node that must have ended together. */
const shareOfNode = 0.8;

/**
 * Mode 50, told from the times alone: nearly all pods of one node, and of no other, ended in the same seconds. A node that is
 * restarted in good order leaves ordinary exit codes.
 */
export const restartedNodes: Detector = (open, picture) => {
  const restarts = [...picture.byNode].flatMap(([node, members]) => {
    if (node === '') return [];
    const ends = endsTogether(members, picture.nowMs);
    const enough =
      ends !== undefined &&
      workloadsIn(ends.members) >= fewestWorkloads &&
      ends.members.length >= shareOfNode * members.length;
    return enough ? [{ node, ...ends }] : [];
  });
  return restarts.flatMap(({ node, atMs, members }): readonly Explanation[] => {
    const alone = restarts.every(
      (each) => each.node === node || Math.abs(each.atMs - atMs) > 60_000,
    );
    const pods = new Set(members.map(({ subject }) => subject));
    const explains = open.filter(
      (member) => pods.has(member.subject) && endedSomehow.has(member.finding.category),
    );
    if (!alone || explains.length < 2) return [];
    const time = new Date(atMs).toISOString().slice(0, 19);
    return [
      explain(explains, {
        category: 'NodeRestart',
        summary: `Node ${node} or its container runtime was restarted: ${count(members.length, 'pod')} of ${count(workloadsIn(members), 'workload')} ended within ${String(togetherMs / 1000)} s at ${time}Z.`,
        confidence: {
          level: 'medium',
          because: 'nearly all pods of the node ended together, and those of no other node',
        },
        cause: { kind: 'Node', name: node } satisfies ObjectRef,
        holds: 'node',
        remediation: 'none',
        advice: 'Nothing is wrong with the pods. Look at why the node was restarted.',
      }),
    ];
  });
};

/** Categories of containers that ended without saying why, as they do when their node goes. */
const endedSomehow: ReadonlySet<Category> = new Set([
  'NodeRestart',
  'AppError',
  'KilledUnattributed',
  'Terminated',
  'UnexpectedCompletion',
]);

type Pods = NonNullable<ReturnType<Picture['byNode']['get']>>;

/** The pods that ended within the same seconds, when most did. */
function endsTogether(
  members: Pods,
  nowMs: number,
): { readonly atMs: number; readonly members: Pods } | undefined {
  const ends = members
    .map((member) => ({ member, atMs: lastEndMs(member.view) }))
    .filter(({ atMs }) => atMs > 0 && atMs <= nowMs)
    .sort((one, other) => one.atMs - other.atMs);
  let best: { from: number; to: number } = { from: 0, to: 0 };
  let from = 0;
  for (let to = 0; to < ends.length; to++) {
    while ((ends[to]?.atMs ?? 0) - (ends[from]?.atMs ?? 0) > togetherMs) from++;
    if (to + 1 - from > best.to - best.from) best = { from, to: to + 1 };
  }
  const found = ends.slice(best.from, best.to);
  const [first] = found;
  return first === undefined
    ? undefined
    : { atMs: first.atMs, members: found.map(({ member }) => member) };
}

/** A container that ends again and again ends at any time; after a life this long it was not for that. */
const longLifeMs = 10 * 60_000;
const mostRestarts = 2;

/** When a container of the pod ended last, in milliseconds; 0 when none has, or for its own sake. */
function lastEndMs(pod: Field): number {
  let latest = 0;
  for (const status of pod.at('status', 'containerStatuses').items) {
    const loops = (status.at('restartCount').number ?? 0) > mostRestarts;
    for (const state of ['state', 'lastState']) {
      const ended = status.at(state, 'terminated');
      const endMs = ended.at('finishedAt').timeMs ?? 0;
      const lifeMs = endMs - (ended.at('startedAt').timeMs ?? endMs);
      if (!loops || lifeMs > longLifeMs) latest = Math.max(latest, endMs);
    }
  }
  return latest;
}
