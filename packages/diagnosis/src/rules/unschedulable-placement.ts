import { high, low, type PodRule } from './rule.ts';
import { refusedFor, totalOf } from './scheduler-verdict.ts';

/** Mode 39: no node is one where the pod may run. */
export const unschedulablePlacementRules: readonly PodRule[] = [
  refusedFor('placement', 'UnschedulablePlacement', 39, (pod, refusal) => ({
    summary: `It may not run on any node that there is: ${refusal.text}${totalOf(pod)}.`,
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice: adviceForPlacement(refusal.text),
    nextQuestion: 'Which labels have the nodes? `kubectl get nodes --show-labels`',
  })),
  refusedFor('other', 'UnschedulablePlacement', 39, (_pod, refusal) => ({
    summary: `The scheduler finds no node for it, in words of its own: ${refusal.text}.`,
    confidence: low('the words are none of those that schedulers are known to use'),
    remediation: 'report-only',
    advice: 'Read the message of the scheduler in full.',
  })),
];

function adviceForPlacement(text: string): string {
  if (/topology spread/i.test(text)) {
    return 'The spread allows no further pod in the domains that have room: add nodes in the missing domain, or relax maxSkew.';
  }
  if (/anti-affinity|pod affinity/i.test(text)) {
    return 'More replicas than places apart from each other, or the pod to be near is missing: add nodes, or make the rule preferred.';
  }
  if (/port/i.test(text)) return 'Another pod has that host port on every node: use a Service.';
  return 'Compare nodeSelector and affinity of the pod with the labels of the nodes; a typo is as good as no node.';
}
