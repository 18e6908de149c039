import type { ObservedEvent, PodFacts } from '../facts/index.ts';
import type { Refusal } from '../messages/scheduler-message.ts';
import { kubectl } from './command.ts';
import { high, low, type Conclusion, type PodRule } from './rule.ts';
import { eventsOfScheduler, refusedFor, totalOf, unplaced } from './scheduler-verdict.ts';

/** An autoscaler that has asked for a node needs some minutes. */
const scaleUpMs = 10 * 60_000;

/** Nothing says why: asked when no other rule about placing holds. */
export const unsaidRefusalRules: readonly PodRule[] = [
  {
    name: 'unschedulable-for-an-unsaid-reason',
    category: 'UnschedulableResources',
    mode: 38,
    when: {
      ...unplaced,
      'the scheduler has found no node for it': (pod) =>
        pod.condition('PodScheduled').at('status').is('False'),
    },
    concludes: (pod) => ({
      summary: 'The scheduler finds no node for it; why is not in evidence.',
      confidence: low(
        'the message of the scheduler is missing; room is what is missing most often',
      ),
      remediation: 'report-only',
      advice:
        'Ask for the message of the condition PodScheduled, or for its Events: it counts the nodes by reason.',
      nextQuestion: `What does the scheduler say? ${kubectl(pod, 'describe', 'pod', pod.name)}`,
      wouldChange: 'The message of the scheduler.',
      sinceMs: pod.condition('PodScheduled').at('lastTransitionTime').timeMs,
    }),
  },
];

/** Mode 38: no node has the room. */
export const unschedulableResourceRules: readonly PodRule[] = [
  refusedFor('resources', 'UnschedulableResources', 38, roomConclusion),
  refusedFor('no-nodes', 'UnschedulableResources', 38, () => ({
    summary: 'There is no node to run it on.',
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice: 'Look at why the nodes are gone, or why the node pool is scaled to nothing.',
    nextQuestion: 'Which nodes are there? `kubectl get nodes`',
  })),
];

function roomConclusion(pod: PodFacts, refusal: Refusal): Conclusion {
  const scaling = scaleUp(pod);
  const what = refusal.resource ?? 'room';
  const device = what.includes('/');
  return {
    summary: `No node has enough ${what} free for it${totalOf(pod)}${
      scaling === undefined ? '' : '; a node is on its way'
    }.`,
    confidence: high('the scheduler says so'),
    ...(scaling === undefined ? {} : { severity: 'warning' as const }),
    remediation: scaling === undefined ? 'report-only' : 'none',
    advice:
      scaling !== undefined
        ? 'Wait for the new node. If it does not come, look at the autoscaler.'
        : what === 'pods'
          ? 'The nodes run as many pods as they may: add nodes, or raise maxPods.'
          : device
            ? `Look at whether a node offers ${what} at all (device plugin, driver), and who uses it.`
            : 'Add nodes, ask for less, or free room. Compare the request with the largest node: more than that never fits.',
    nextQuestion: 'What is left on the nodes? `kubectl describe nodes`',
  };
}

function scaleUp(pod: PodFacts): ObservedEvent | undefined {
  return eventsOfScheduler(pod, 'TriggeredScaleUp', 'Nominated').find(
    ({ lastMs }) => lastMs !== undefined && pod.nowMs - lastMs < scaleUpMs,
  );
}
