import {
  oncePer,
  type Field,
  type ObservedEvent,
  type PodFacts,
  type Proof,
} from '../facts/index.ts';
import {
  decisiveRefusal,
  parseSchedulerMessage,
  type Refusal,
  type RefusalKind,
  type SchedulerMessage,
} from '../messages/scheduler-message.ts';
import type { Conclusion, Conditions, PodRule } from './rule.ts';

/** What a pod is that waits for a scheduler. */
export const unplaced: Conditions<PodFacts> = {
  'it has no node yet': (pod) => pod.nodeName.isMissing(),
};

/** A scheduler that runs answers within a second; a busy one within some. In milliseconds. */
export const schedulerPatienceMs = 10_000;

/** A rule for pods whose scheduler says why it has no node. */
export function refusedFor(
  kind: RefusalKind,
  category: PodRule['category'],
  mode: number,
  conclude: (pod: PodFacts, refusal: Refusal) => Conclusion,
): PodRule {
  const names: Readonly<Record<RefusalKind, string>> = {
    resources: 'no node has as much as it asks for',
    placement: 'no node is one where it may run',
    taint: 'the nodes have taints that it does not tolerate',
    cordon: 'the nodes are cordoned',
    volume: 'its volumes keep it from every node',
    claim: 'its resource claims cannot be met',
    gang: 'the rest of its group is missing',
    'no-nodes': 'there are no nodes',
    other: 'it has a reason that we do not know',
  };
  return {
    name: `unschedulable-for-${kind}`,
    category,
    mode,
    when: {
      [`the scheduler says that ${names[kind]}`]: (pod) => {
        const verdict = verdictOf(pod);
        return verdict?.refusal.kind === kind && verdict.said;
      },
    },
    concludes: (pod) => {
      const verdict = verdictOf(pod);
      // The rule holds, so there is one.
      const refusal = verdict?.refusal ?? { kind, text: '' };
      const since = pod.condition('PodScheduled').at('lastTransitionTime').timeMs;
      return { ...conclude(pod, refusal), sinceMs: since ?? createdMs(pod) };
    },
  };
}

interface SchedulerVerdict {
  readonly message: SchedulerMessage;
  readonly refusal: Refusal;
  readonly said: readonly Field[];
}

/** By what reason schedulers speak of a pod that they cannot place. */
const refusing = ['FailedScheduling', 'Unschedulable', 'PodUnschedulable'] as const;

/**
 * What the scheduler says: in the condition, else in its newest Event, else what the autoscaler says. Undefined when the
 * pod has a node.
 */
const verdictOf = oncePer((pod: PodFacts): SchedulerVerdict | undefined => {
  if (pod.nodeName.isPresent) return undefined;
  const condition = pod.condition('PodScheduled');
  if (condition.at('status').text === 'True') return undefined;
  const messages = [
    condition.at('message'),
    ...eventsOfScheduler(pod, ...refusing).map(({ message }) => message),
    ...eventsOfScheduler(pod, 'NotTriggerScaleUp').map(({ message }) => message),
  ];
  for (const said of messages) {
    const message = parseSchedulerMessage(said.text ?? '');
    const refusal = decisiveRefusal(message);
    if (refusal !== undefined) {
      const reason = condition.at('reason');
      return { message, refusal, said: reason.isPresent ? [reason, said] : [said] };
    }
  }
  return undefined;
});

/** Events of a scheduler or an autoscaler about the pod, newest first. */
export function eventsOfScheduler(
  pod: PodFacts,
  ...reasons: readonly string[]
): readonly ObservedEvent[] {
  return pod.events.filter(({ reason }) => reasons.includes(reason.text ?? ''));
}

/** Holds when no scheduler has said a word about it since it was made, for so many milliseconds. */
export function silentFor(pod: PodFacts, ms: number): Proof {
  const created = pod.view.at('metadata', 'creationTimestamp');
  const since = created.timeMs;
  if (since === undefined || pod.nowMs - since < ms) return false;
  if (pod.phase.is('Pending') === false) return false;
  if (eventsOfScheduler(pod, ...refusing, 'Scheduled').length > 0) return false;
  const scheduled = pod.condition('PodScheduled').isMissing();
  return scheduled !== false && [...scheduled, created];
}

/** When the pod was made, in milliseconds. */
export function createdMs(pod: PodFacts): number | undefined {
  return pod.view.at('metadata', 'creationTimestamp').timeMs;
}

/** ` (5 looked at)`: the nodes that the scheduler has looked at, to be said. */
export function totalOf(pod: PodFacts): string {
  const nodes = verdictOf(pod)?.message.nodes;
  return nodes === undefined ? '' : ` (${String(nodes)} looked at)`;
}

/** `3 nodes are`, to be said. */
export function countOf({ nodes }: Refusal): string {
  return nodes === undefined
    ? 'The nodes are'
    : nodes === 1
      ? 'One node is'
      : `${String(nodes)} nodes are`;
}
