import { ago, event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

function target(reason: string, message: string, status = 'True') {
  return { type: 'DisruptionTarget', status, reason, message, lastTransitionTime: ago(10) };
}

const ready = { type: 'Ready', status: 'True' };
const deleted = { deletionTimestamp: ago(-20), deletionGracePeriodSeconds: 30 };
const shutdown = 'Pod was terminated in response to imminent node shutdown.';

export const disruptionSpecimens: readonly Specimen[] = [
  ...['PreemptionByScheduler', 'PreemptionByKubeScheduler'].map((reason): Specimen => ({
    name: `the scheduler ends the pod for one of higher priority: ${reason}`,
    observation: podOf({
      metadata: deleted,
      containers: [{ running: 400 }],
      conditions: [target(reason, 'preempting to accommodate a higher priority pod')],
    }),
    expected: [
      {
        category: 'Preempted',
        mode: 46,
        container: null,
        remediation: 'none',
        rejected: ['Disrupted', 'Terminating'],
        paths: ['status.conditions[0].reason'],
      },
    ],
  })),
  {
    name: 'the kubelet ends the pod for a critical one, and it ends well',
    observation: podOf({
      containers: [{ terminated: life('Completed', 0) }],
      status: { phase: 'Succeeded' },
      conditions: [
        target(
          'TerminationByKubelet',
          'Pod was preempted by Kubelet to accommodate a critical pod.',
        ),
      ],
    }),
    expected: [{ category: 'Preempted', mode: 46, remediation: 'cleanup-safe' }],
  },
  {
    name: 'an old kubelet ends the pod for a critical one',
    observation: podOf({
      status: {
        phase: 'Failed',
        reason: 'Preempting',
        message: 'Preempted in order to admit critical pod',
      },
    }),
    expected: [{ category: 'Preempted', remediation: 'cleanup-safe' }],
  },
  {
    name: 'only the Event tells of the preemption so far',
    observation: podOf({
      containers: [{ running: 400 }],
      events: [event('Preempting', 'Preempted in order to admit critical pod')],
    }),
    expected: [{ category: 'Preempted', remediation: 'none' }],
  },
  ...(
    [
      ['DeletionByTaintManager', /taint/],
      ['EvictionByEvictionAPI', /drain/],
      ['DeletionByPodGC', /node is gone/],
      ['TerminationByKubelet', /kubelet/],
    ] as const
  ).map(([reason, says]): Specimen => ({
    name: `a component of the cluster ends the pod: ${reason}`,
    observation: podOf({
      metadata: deleted,
      containers: [{ terminated: life('Error', 137) }],
      status: { phase: 'Failed' },
      conditions: [target(reason, 'as it was told')],
    }),
    expected: [{ category: 'Disrupted', mode: 47, remediation: 'none', confidence: 'high', says }],
  })),
  ...(
    [
      ['WorkloadEvictedDueToPreempted', 'Preempted'],
      ['WorkloadEvictedDueToPodsReadyTimeout', 'Disrupted'],
    ] as const
  ).map(([reason, category]): Specimen => ({
    name: `a queue takes the pod out again: ${reason}`,
    observation: podOf({
      metadata: deleted,
      containers: [{ terminated: life('Error', 137) }],
      status: { phase: 'Failed' },
      conditions: [{ type: 'TerminationTarget', status: 'True', reason, message: 'by its queue' }],
    }),
    expected: [{ category, paths: ['status.conditions[0].reason'] }],
  })),
  ...(
    [
      ['Evicted', 'pod evicted from node-1 node by sigs.k8s.io/descheduler', 'Disrupted'],
      [
        'EvictedByVPA',
        'Pod was evicted by VPA Updater to apply resource recommendation.',
        'Disrupted',
      ],
      ['ScaleDown', 'deleting pod for node scale down', 'Disrupted'],
      ['Evict', 'Pod is evicted, because of preempt', 'Preempted'],
    ] as const
  ).map(([reason, message, category]): Specimen => ({
    name: `who moves pods about ends it, and says so: ${message}`,
    observation: podOf({
      metadata: deleted,
      containers: [{ running: 400 }],
      events: [event(reason, message, { type: 'Normal' })],
    }),
    expected: [
      { category, confidence: category === 'Disrupted' ? 'medium' : 'high', remediation: 'none' },
    ],
  })),
  {
    name: 'the end of the pod was tried, and did not come',
    observation: podOf({
      containers: [{ running: 400 }],
      conditions: [ready],
      events: [event('EvictedByVPA', 'Pod was evicted by VPA Updater', { type: 'Normal' })],
    }),
    expected: [],
  },
  {
    name: 'the taint manager has just marked the pod',
    observation: podOf({
      containers: [{ running: 400 }],
      conditions: [ready],
      events: [
        event('TaintManagerEviction', 'Marking for deletion Pod shop/web', {
          seen: 2,
          type: 'Normal',
        }),
      ],
    }),
    expected: [{ category: 'Disrupted', confidence: 'medium' }],
  },
  {
    name: 'the taint manager has called it off',
    observation: podOf({
      containers: [{ running: 400 }],
      conditions: [ready],
      events: [
        event('TaintManagerEviction', 'Marking for deletion Pod shop/web', { seen: 40 }),
        event('TaintManagerEviction', 'Cancelling deletion of Pod shop/web', { seen: 20 }),
      ],
    }),
    expected: [],
  },
  {
    name: 'a disruption that did not come is over',
    observation: podOf({
      containers: [{ running: 400 }],
      conditions: [ready, target('EvictionByEvictionAPI', 'gone by', 'False')],
    }),
    expected: [],
  },
  ...(
    [
      ['Terminated', shutdown],
      ['Shutdown', 'Node is shutting, evicting pods'],
      ['NodeShutdown', 'Pod was rejected: Pod was rejected as the node is shutting down.'],
    ] as const
  ).map(([reason, message]): Specimen => ({
    name: `the node shuts down: ${reason}`,
    observation: podOf({ status: { phase: 'Failed', reason, message } }),
    expected: [
      {
        category: 'NodeShutdown',
        mode: 49,
        severity: 'warning',
        remediation: 'cleanup-safe',
        confidence: 'high',
      },
    ],
  })),
  {
    name: 'the node shuts down, and the pod ends well',
    observation: podOf({
      containers: [{ terminated: life('Completed', 0) }],
      status: { phase: 'Succeeded' },
      conditions: [target('TerminationByKubelet', shutdown)],
    }),
    expected: [{ category: 'NodeShutdown', remediation: 'cleanup-safe' }],
  },
  {
    name: 'the pod runs again after the shutdown and still carries its words',
    observation: podOf({
      containers: [{ running: 4000, restarts: 1 }],
      status: { reason: 'Terminated', message: shutdown },
      conditions: [ready],
    }),
    expected: [
      { category: 'NodeShutdown', severity: 'info', remediation: 'none', says: /is back/ },
    ],
  },
  {
    name: 'the pod is about to end for the shutdown',
    observation: podOf({
      containers: [{ running: 4000, ready: false }],
      status: { reason: 'Terminated', message: shutdown },
      conditions: [{ type: 'Ready', status: 'False' }],
    }),
    expected: [{ category: 'NodeShutdown', severity: 'warning', remediation: 'none' }],
  },
];
