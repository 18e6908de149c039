import type { Field, PodFacts } from '../facts/index.ts';
import { high, type PodRule } from './rule.ts';

/** Mode 18: the containers are ready; a condition that another controller sets is not. */
const readinessGate: PodRule = {
  name: 'readiness-gate',
  category: 'ReadinessGatePending',
  mode: 18,
  when: {
    'a readiness gate is not passed': (pod) => {
      const closed = closedGates(pod);
      return closed.length > 0 && closed;
    },
    'its containers are ready': (pod) => pod.condition('ContainersReady').at('status').is('True'),
  },
  shows: (pod) => ['status', 'reason', 'message'].map((name) => pod.condition('Ready').at(name)),
  concludes: (pod) => {
    const names = closedGates(pod).map(({ text }) => text ?? '?');
    return {
      summary: `All containers are ready, but the pod waits for readiness gate ${names.join(', ')}, which a controller outside must set.`,
      confidence: high('the pod names the gate, and the condition is not True'),
      severity: 'warning',
      remediation: 'none',
      advice:
        'Look at the controller that owns the gate (a load balancer, mostly): is it running, does it know this pod?',
      nextQuestion: `Which controller sets ${names[0] ?? 'it'}, and what does its log say?`,
      container: undefined,
    };
  },
};

export const readinessGateRules: readonly PodRule[] = [readinessGate];

/** The gates of the spec whose condition is missing or not True. */
function closedGates(pod: PodFacts): readonly Field[] {
  return pod.view
    .at('spec', 'readinessGates')
    .items.map((gate) => gate.at('conditionType'))
    .filter(({ text }) => text !== undefined && pod.condition(text).at('status').text !== 'True');
}
