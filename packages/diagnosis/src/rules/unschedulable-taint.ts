import type { PodFacts } from '../facts/index.ts';
import type { Refusal } from '../messages/scheduler-message.ts';
import type { ObjectRef } from '../model/index.ts';
import { high, type Conclusion, type PodRule } from './rule.ts';
import { countOf, refusedFor } from './scheduler-verdict.ts';

/** Mode 40: the nodes keep the pod away. */
export const unschedulableTaintRules: readonly PodRule[] = [
  refusedFor('cordon', 'UnschedulableTaint', 40, (_pod, refusal) => ({
    summary: `${countOf(refusal)} cordoned and take no new pods for now.`,
    confidence: high('the scheduler says so'),
    remediation: 'none',
    advice:
      'Somebody works on the node: it is to be uncordoned afterwards. Add a node if the work takes long.',
    nextQuestion: 'Which nodes are cordoned? `kubectl get nodes`',
  })),
  refusedFor('taint', 'UnschedulableTaint', 40, taintConclusion),
];

function taintConclusion(pod: PodFacts, refusal: Refusal): Conclusion {
  const taint = taintFor(pod, refusal);
  const fault = taint !== undefined && isNodeFault(taint.key);
  const passing = fault || taint?.effect === 'NoExecute' || isPassing(taint?.key ?? '');
  const named = taint === undefined ? '' : ` (${taint.key})`;
  return {
    summary: fault
      ? `The nodes where it could run are at fault: ${taint.key}.`
      : `${countOf(refusal)} tainted, and it does not tolerate that${named}.`,
    confidence: high('the scheduler says so'),
    // Which taint it is decides whether anybody has to act; unnamed, it may be one that passes.
    remediation: taint === undefined || passing ? 'none' : 'report-only',
    advice: fault
      ? 'Repair the node, or add one. A toleration would only send the pod to a node that is at fault.'
      : passing
        ? 'Who set this taint takes it away again when the node is ready or rid of its pods, or the pod belongs on other nodes.'
        : 'Give it the toleration if it belongs on those nodes, or add nodes without the taint.',
    nextQuestion:
      'Which taints have the nodes? `kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints`',
    cause: fault ? taint.node : undefined,
  };
}

/** Taints that stand for a condition of the node; the cluster sets them. */
function isNodeFault(key: string): boolean {
  return (
    /^node\.kubernetes\.io\/(?:not-ready|unreachable|(?:disk|memory|pid)-pressure|network-unavailable|out-of-service|out-of-disk)$/.test(
      key,
    ) || /^node\.cloudprovider\.kubernetes\.io\/(?:uninitialized|shutdown)$/.test(key)
  );
}

/** Taints of a node that is still made ready (by its network, its drivers, an autoscaler), or that is about to go. */
function isPassing(key: string): boolean {
  return (
    /^[\w.-]+\/agent-not-ready$/.test(key) ||
    /^(?:startup|ignore)-taint\.cluster-autoscaler\.kubernetes\.io\//.test(key) ||
    /^karpenter\.sh\/(?:unregistered|disruption|disrupted)$/.test(key) ||
    /^(?:ToBeDeleted|DeletionCandidateOf)(?:By)?ClusterAutoscaler$/.test(key) ||
    key === 'cloud.google.com/impending-node-termination'
  );
}

interface SeenTaint {
  readonly key: string;
  readonly effect?: string | undefined;
  readonly node?: ObjectRef;
}

/** The taint that is meant. Newer schedulers do not name it; the nodes do, where they were seen. */
function taintFor(pod: PodFacts, { taintKey }: Refusal): SeenTaint | undefined {
  const seen = pod.related.ofKind('Node').flatMap((node) =>
    node.at('spec', 'taints').items.map((taint) => ({
      key: taint.at('key').text ?? '',
      effect: taint.at('effect').text,
      node: { kind: 'Node', name: node.at('metadata', 'name').text ?? '' },
    })),
  );
  if (taintKey !== undefined) return seen.find(({ key }) => key === taintKey) ?? { key: taintKey };
  return (
    seen.find(({ key }) => isNodeFault(key)) ??
    seen.find(({ key }) => !key.startsWith('node-role.'))
  );
}
