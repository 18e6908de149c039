import type { Field, PodFacts, Proof } from '../facts/index.ts';
import { any, firstMatch } from '../facts/index.ts';
import type { Remediation } from '../model/index.ts';
import { nodeOf } from './place.ts';
import { high, medium, type PodRule } from './rule.ts';

const deletionFollowsMs = 60_000;

/**
 * Modes 46, 47 and 49: someone ended the pod on purpose. The exit codes 137 and 143 of its containers belong to that.
 */
export const disruptionRules: readonly PodRule[] = [
  {
    name: 'node-shut-down-in-the-past',
    category: 'NodeShutdown',
    mode: 49,
    when: {
      'its node said that it shuts down': saysShutdown,
      'it runs and is ready again': (pod) =>
        pod.phase.is('Running') && pod.condition('Ready').at('status').is('True'),
    },
    concludes: (pod) => ({
      summary: `Node ${nodeOf(pod)} was shut down and is back; the pod runs again and only its status still tells of it.`,
      confidence: high('the pod is ready, and the kubelet left its words in the status'),
      severity: 'info',
      remediation: 'none',
      advice: 'Nothing is to be done.',
    }),
  },
  {
    name: 'node-shut-down',
    category: 'NodeShutdown',
    mode: 49,
    when: {
      'its node said that it shuts down': saysShutdown,
    },
    concludes: (pod) => ({
      summary: `Node ${nodeOf(pod)} was being shut down, so the pod was ended or not let in.`,
      confidence: high('the kubelet says so'),
      severity: 'warning',
      remediation: leftover(pod),
      sinceMs: toldAt(pod),
      advice:
        'A controller makes another pod elsewhere; what is left of this one can go. If shutdowns cost work, let the pods end within the grace that the node gives them.',
    }),
  },
  {
    name: 'preempted',
    category: 'Preempted',
    mode: 46,
    when: {
      'it made room for a pod of higher priority': (pod) =>
        any(
          disruptedBy(pod, /^PreemptionBy(?:Kube)?Scheduler$/),
          terminationTarget(pod, /preempt/i),
          pod.reason.is('Preempting'),
          terminatedByKubelet(pod, /preempted/i),
          firstMatch(messagesOf(pod, 'Preempting', 'Preempted'), /./),
          evictedBy(pod, /preempt|reclaim/i),
        ),
    },
    concludes: (pod) => ({
      summary: 'It was ended to make room for a pod of higher priority.',
      confidence: high('the scheduler or the kubelet says so'),
      severity: 'warning',
      remediation: leftover(pod),
      sinceMs: toldAt(pod),
      advice:
        'Nothing is broken. If it must not give way, give it a priority class of its own, or the cluster more room.',
    }),
  },
  {
    name: 'disrupted',
    category: 'Disrupted',
    mode: 47,
    when: {
      'a component of the cluster asked for its end': (pod) =>
        any(
          disruptedBy(pod, /./),
          terminationTarget(pod, /./),
          markedByTaint(pod),
          evictedBy(pod, /./),
        ),
    },
    concludes: (pod) => {
      const target = ['DisruptionTarget', 'TerminationTarget'].map((type) => pod.condition(type));
      const reason = target.find((condition) => condition.isPresent)?.at('reason').text;
      return {
        summary: `It was ended on purpose: ${purposes.get(reason ?? '') ?? evictorSaid(pod) ?? 'a taint of its node, or an eviction'}.`,
        confidence:
          reason === undefined
            ? medium('an Event says so; the pod itself does not')
            : high('whoever ended it says so in the pod'),
        severity: 'warning',
        remediation: 'none',
        sinceMs: toldAt(pod),
        advice:
          'Nothing is broken in the pod: its controller makes another. Exit codes 137 and 143 belong to this. If there is no other pod, look at why that one waits.',
      };
    },
  },
];

const purposes: ReadonlyMap<string, string> = new Map([
  ['DeletionByTaintManager', 'its node has a taint that it does not tolerate (for longer)'],
  ['EvictionByEvictionAPI', 'someone evicted it, as a drain of the node does'],
  ['DeletionByPodGC', 'its node is gone'],
  ['TerminationByKubelet', 'its kubelet ended it'],
]);

/** In the words of three generations of kubelets; the reason alone would also fit an application of that name. */
function saysShutdown(pod: PodFacts): Proof {
  return any(
    pod.reason.is('NodeShutdown'),
    pod.message.matches(/node shutdown|node is shutting|shutting down/i),
    terminatedByKubelet(pod, /node shutdown|shutting down/i),
  );
}

/** When it was told to end. */
function toldAt(pod: PodFacts): number | undefined {
  return pod.condition('DisruptionTarget').at('lastTransitionTime').timeMs;
}

function disruptedBy(pod: PodFacts, reason: RegExp): Proof {
  const condition = pod.condition('DisruptionTarget');
  const isTarget = condition.at('status').is('True');
  return isTarget !== false && condition.at('reason').matches(reason);
}

function terminatedByKubelet(pod: PodFacts, message: RegExp): Proof {
  return (
    disruptedBy(pod, /^TerminationByKubelet$/) !== false &&
    pod.condition('DisruptionTarget').at('message').matches(message)
  );
}

/** A queue (Kueue) marks the pods of what it stops with a condition of its own. */
function terminationTarget(pod: PodFacts, reason: RegExp): Proof {
  const condition = pod.condition('TerminationTarget');
  const isTarget = condition.at('status').is('True');
  return isTarget !== false && condition.at('reason').matches(reason);
}

/**
 * Reasons by which those speak that move pods about: descheduler, autoscalers of nodes and of pods, schedulers of groups.
 * What a kubelet says by `Evicted` is read before, and an eviction that was tried is none until the pod goes.
 */
const evictions = [
  'Evicted',
  'Evict',
  'EvictedByVPA',
  'ScaleDown',
  'Descheduled',
  'DisruptionInitiated',
];

function evictedBy(pod: PodFacts, message: RegExp): Proof {
  const isGoing = pod.deletionTimestamp.isPresent || pod.phase.text === 'Failed';
  return isGoing && firstMatch(messagesOf(pod, ...evictions), message);
}

function evictorSaid(pod: PodFacts): string | undefined {
  const said = messagesOf(pod, ...evictions)[0]?.text;
  return said?.slice(0, 200).replace(/\.$/, '');
}

/** The deletion follows at once; when it is called off, an Event says so. */
function markedByTaint(pod: PodFacts): Proof {
  const newest = pod.events.find(({ reason }) => reason.text === 'TaintManagerEviction');
  if (newest?.lastMs === undefined) return false;
  const follows = pod.deletionTimestamp.isPresent || pod.nowMs - newest.lastMs < deletionFollowsMs;
  return follows && newest.message.matches(/marking for deletion/i);
}

function messagesOf(pod: PodFacts, ...reasons: readonly string[]): readonly Field[] {
  return pod.events
    .filter(({ reason }) => reasons.includes(reason.text ?? ''))
    .map(({ message }) => message);
}

function leftover(pod: PodFacts): Remediation {
  return pod.phase.text === 'Failed' || pod.phase.text === 'Succeeded' ? 'cleanup-safe' : 'none';
}
