import { Field } from '../../facts/index.ts';
import type { Category, Evidence } from '../../model/index.ts';
import { groupBy } from '../snapshot-index.ts';
import { isWell, workloadsIn, type FailingMember, type Picture } from '../picture.ts';
import { count, explain, type Detector } from './incident.ts';

/** Fewest workloads that must fail on a node and be well elsewhere before the node is blamed. */
const fewestWorkloads = 3;
/** The same when the node itself says that something is wrong with it, or when only a node can be to blame. */
const fewestWithProof = 2;

/** What the node does, and not the pod. */
const ofNodes: ReadonlySet<Category> = new Set([
  'SandboxCreationFailure',
  'ImagePullNodeDiskFull',
  'CreateContainerError',
  'ImageInspectError',
  'AdmissionRejectedDevice',
]);

/** Mode 59: several workloads fail on one node and are well on others. One finding for the node, and no pod is deleted for it. */
export const badNodes: Detector = (open, picture) => {
  const failing = open.filter(
    ({ node, finding }) => node !== undefined && finding.severity !== 'info',
  );
  const spread = spreadOf(failing, picture);
  const byNode = groupBy(failing, ({ node }) => node ?? '');
  return [...byNode].flatMap(([node, members]) => {
    const complaints = complaintsOf(node, picture);
    const here = members.filter((member) => !spread.failsElsewhere(member));
    const wellElsewhere = here.filter((member) => spread.isWellElsewhere(member));
    const onlyHere = here.filter(
      (member) => ofNodes.has(member.finding.category) && !spread.isSeenElsewhere(member),
    );
    const suspects = [...new Set([...wellElsewhere, ...onlyHere])];
    const proven = workloadsIn(wellElsewhere);
    const workloads = workloadsIn(suspects);
    const enough =
      proven >= fewestWorkloads ||
      (workloads >= fewestWithProof &&
        (complaints.length > 0 || onlyHere.length === suspects.length));
    if (!enough) return [];
    return explain(suspects, {
      category: 'BadNode',
      summary: `Node ${node} is to blame: ${count(suspects.length, 'pod')} of ${count(workloads, 'workload')} fail there${
        proven === 0 ? ', and nowhere else' : `; ${String(proven)} of these are well on other nodes`
      }.`,
      confidence:
        complaints.length > 0
          ? { level: 'high', because: 'the node itself says that something is wrong' }
          : {
              level: 'medium',
              because: 'what fails there is well elsewhere, or only a node does this',
            },
      cause: { kind: 'Node', name: node },
      evidence: complaints,
      holds: 'node',
      remediation: 'report-only',
      advice: `Cordon the node, so that no more pods come, and look at its kubelet, runtime, network and disk. Pods that are deleted before that may come back to it.`,
    });
  });
};

/** On which other nodes the like of a member was seen. */
interface Spread {
  /** Whether a pod of its workload fails in the same way on another node. */
  readonly failsElsewhere: (member: FailingMember) => boolean;
  /** Whether a pod of its workload is well on another node. */
  readonly isWellElsewhere: (member: FailingMember) => boolean;
  /** Whether any pod fails in this way on another node, or there is no other node: what all nodes do is no fault of one. */
  readonly isSeenElsewhere: (member: FailingMember) => boolean;
}

/** Counts the nodes once, so that the answers take no time for each member. */
function spreadOf(failing: readonly FailingMember[], picture: Picture): Spread {
  const nodesOf = new Map<string, Set<string>>();
  const note = (key: string, node: string | undefined): void => {
    if (node === undefined) return;
    const nodes = nodesOf.get(key);
    if (nodes === undefined) nodesOf.set(key, new Set([node]));
    else nodes.add(node);
  };
  const isElsewhere = (key: string, { node }: FailingMember): boolean => {
    const nodes = nodesOf.get(key);
    return nodes !== undefined && (nodes.size > 1 || !nodes.has(node ?? ''));
  };
  for (const workload of new Set(failing.map((member) => member.workload.key))) {
    for (const pod of picture.byWorkload.get(workload) ?? []) {
      if (isWell(pod)) note(`well ${workload}`, pod.node);
      for (const { category } of pod.subject.findings) note(`${category} ${workload}`, pod.node);
    }
  }
  for (const { finding, node } of failing) note(finding.category, node);
  const nodes = [...picture.byNode.keys()].filter((node) => node !== '').length;
  return {
    failsElsewhere: (member) =>
      isElsewhere(`${member.finding.category} ${member.workload.key}`, member),
    isWellElsewhere: (member) => isElsewhere(`well ${member.workload.key}`, member),
    isSeenElsewhere: (member) => nodes < 2 || isElsewhere(member.finding.category, member),
  };
}

/** Conditions of the node that speak against it, and cordons: also those that a node problem detector adds. */
function complaintsOf(node: string, { index }: Picture): readonly Evidence[] {
  const view = Field.root(index.find('Node', undefined, node), () => ({
    kind: 'Node',
    name: node,
  }));
  return view
    .at('status', 'conditions')
    .items.filter(isComplaint)
    .map((condition) => condition.at('status').evidence);
}

function isComplaint(condition: Field): boolean {
  const status = condition.at('status').text;
  return condition.at('type').text === 'Ready' ? status !== 'True' : status === 'True';
}
