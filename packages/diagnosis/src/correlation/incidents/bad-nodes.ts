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
  const byNode = groupBy(failing, ({ node }) => node ?? '');
  return [...byNode].flatMap(([node, members]) => {
    const complaints = complaintsOf(node, picture);
    const wellElsewhere = members.filter((member) => isOnlyHere(member, picture, failing, true));
    const onlyHere = members.filter(
      (member) =>
        ofNodes.has(member.finding.category) && isOnlyHere(member, picture, failing, false),
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

/**
 * Whether the workload of the member does not fail in this way on another node; with `needsWell`, whether it is also well
 * on one.
 */
function isOnlyHere(
  { workload, node, finding }: FailingMember,
  picture: Picture,
  failing: readonly FailingMember[],
  needsWell: boolean,
): boolean {
  const elsewhere = (picture.byWorkload.get(workload.key) ?? []).filter((pod) => pod.node !== node);
  if (
    elsewhere.some(({ subject }) =>
      subject.findings.some(({ category }) => category === finding.category),
    )
  ) {
    return false;
  }
  if (needsWell) return elsewhere.some(isWell);
  // With one node there is no elsewhere, and what all nodes do is no fault of one.
  const others = [...picture.byNode.keys()].some((other) => other !== '' && other !== node);
  return (
    others &&
    !failing.some((other) => other.node !== node && other.finding.category === finding.category)
  );
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
