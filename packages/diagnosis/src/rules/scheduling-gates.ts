import { any, type PodFacts } from '../facts/index.ts';
import { high, type PodRule } from './rule.ts';
import { refusedFor } from './scheduler-verdict.ts';

/** Mode 42, gates: the pod waits on purpose, for its turn or for its group. */
export const schedulingGateRules: readonly PodRule[] = [
  {
    name: 'scheduling-gated',
    category: 'SchedulingGated',
    mode: 42,
    when: {
      'its scheduling gates are closed': (pod) =>
        any(
          pod.condition('PodScheduled').at('reason').is('SchedulingGated'),
          pod.nodeName.isMissing() !== false &&
            pod.view.at('spec', 'schedulingGates', 0, 'name').isThere(),
        ),
    },
    shows: (pod) => [pod.view.at('spec', 'schedulingGates')],
    concludes: (pod) => ({
      summary: `The scheduler must not look at it before its gates are opened: ${gatesOf(pod)}.`,
      confidence: high('the pod names the gates'),
      severity: 'warning',
      remediation: 'none',
      advice:
        'Ask the controller that opens the gate (a queue, such as Kueue). It waits on purpose, for a quota or for its turn.',
    }),
  },
  refusedFor('gang', 'SchedulingGated', 42, (_pod, refusal) => ({
    summary: `Its scheduler starts it only together with the rest of its group: ${refusal.text}.`,
    confidence: high('the scheduler says so'),
    severity: 'warning',
    remediation: 'none',
    advice: 'Look at the other pods of the group: one that finds no place holds all of them.',
  })),
];

function gatesOf(pod: PodFacts): string {
  const gates = pod.view.at('spec', 'schedulingGates').items;
  return gates.map((gate) => gate.at('name').text ?? '?').join(', ') || 'unknown';
}
