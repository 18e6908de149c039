import { ago, event, life, podOf, type PodSketch } from './pods.ts';
import type { Specimen } from './specimen.ts';

function node(status: string, message: string) {
  return {
    kind: 'Node',
    metadata: { name: 'node-1' },
    status: { conditions: [{ type: 'Ready', status, message, reason: 'NodeStatusUnknown' }] },
  };
}

const lost = node('Unknown', 'Kubelet stopped posting node status.');
const marked = [
  { type: 'Ready', status: 'False', lastTransitionTime: ago(90) },
  { type: 'ContainersReady', status: 'True' },
];

/** The same life, of a container of docker. */
function docker(ended: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...ended, containerID: 'docker://ab' };
}

/** A pod that has a node since so many seconds, and nothing else. */
function untaken(seconds: number): PodSketch {
  return { metadata: { creationTimestamp: ago(seconds) }, status: { phase: 'Pending' } };
}

export const nodeSpecimens: readonly Specimen[] = [
  {
    name: 'the kubelet of its node is gone',
    observation: podOf({
      containers: [{ running: 4000 }],
      conditions: marked,
      related: [lost],
    }),
    expected: [
      {
        category: 'NodeLost',
        mode: 48,
        container: null,
        remediation: 'none',
        confidence: 'high',
        since: ago(90),
        says: /does not answer \(Kubelet stopped posting node status\)/,
        paths: ['status.conditions[0].status'],
      },
    ],
  },
  {
    name: 'the pod is deleted, and nobody there can end it',
    observation: podOf({
      metadata: { deletionTimestamp: ago(600), deletionGracePeriodSeconds: 30 },
      containers: [{ running: 4000 }],
      conditions: marked,
      related: [lost],
    }),
    expected: [{ category: 'NodeLost', rejected: ['StuckTerminating', 'Terminating'] }],
  },
  {
    name: 'the node says that it is not ready',
    observation: podOf({
      containers: [{ running: 4000 }],
      conditions: marked,
      related: [node('False', 'container runtime is down')],
    }),
    expected: [{ category: 'NodeLost', says: /is not ready \(container runtime is down\)/ }],
  },
  {
    name: 'before Kubernetes 1.11 no condition tells of the containers',
    observation: podOf({
      containers: [{ running: 4000 }],
      conditions: [{ type: 'Ready', status: 'False' }],
      related: [lost],
    }),
    expected: [{ category: 'NodeLost', confidence: 'high' }],
  },
  {
    name: 'a container that is not ready may be why the pod is not, whatever its node does',
    observation: podOf({
      containers: [{ running: 4000, ready: false }],
      conditions: [{ type: 'Ready', status: 'False' }],
      related: [lost],
    }),
    expected: [{ category: 'ReadinessProbeFailure' }],
  },
  {
    name: 'one condition that somebody has kept tells nothing of a node',
    observation: podOf({
      containers: [{ running: 4000 }],
      conditions: [{ type: 'Ready', status: 'False' }],
    }),
    expected: [],
  },
  {
    name: 'the node was not seen, but the node controller has marked the pod',
    observation: podOf({ containers: [{ running: 4000 }], conditions: marked }),
    expected: [{ category: 'NodeLost', confidence: 'medium' }],
  },
  {
    name: 'the pod is deleted, and only the mark of the node controller is left',
    observation: podOf({
      metadata: { deletionTimestamp: ago(-20) },
      containers: [{ running: 4000 }],
      conditions: marked,
    }),
    expected: [{ category: 'NodeLost', confidence: 'medium', rejected: ['Terminating'] }],
  },
  {
    name: 'nothing is known of the pod any more',
    observation: podOf({
      containers: [{ running: 4000 }],
      status: { phase: 'Unknown' },
    }),
    expected: [{ category: 'NodeLost' }],
  },
  {
    name: 'the node controller says so in an Event',
    observation: podOf({
      metadata: { deletionTimestamp: ago(600) },
      containers: [{ running: 4000 }],
      conditions: marked,
      events: [event('NodeNotReady', 'Node is not ready')],
    }),
    expected: [{ category: 'NodeLost' }],
  },
  {
    name: 'Kubernetes 1.16 gives up a pod of a lost node',
    observation: podOf({
      metadata: { deletionTimestamp: ago(600) },
      containers: [{ running: 4000 }],
      status: {
        reason: 'NodeLost',
        message: 'Node node-1 which was running pod web is unresponsive',
      },
    }),
    expected: [{ category: 'NodeLost' }],
  },
  {
    name: 'a readiness gate gives a reason, and no node is at fault',
    observation: podOf({
      containers: [{ running: 4000 }],
      conditions: [
        { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' },
        { type: 'ContainersReady', status: 'True' },
      ],
      related: [node('True', 'kubelet is posting ready status')],
    }),
    expected: [],
  },
  {
    name: 'a description leaves out the reason of a readiness gate',
    observation: podOf({
      containers: [{ running: 4000 }],
      spec: { readinessGates: [{ conditionType: 'shop.test/routed' }] },
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'ContainersReady', status: 'True' },
      ],
    }),
    expected: [{ category: 'ReadinessGatePending' }],
  },
  {
    name: 'a pod that is ready goes on while its node is away for a moment',
    observation: podOf({
      containers: [{ running: 4000 }],
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'ContainersReady', status: 'True' },
      ],
      related: [lost],
    }),
    expected: [],
  },
  {
    name: 'a container that crashes on a node that is away still crashes',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 4, last: life('Error', 1) }],
      conditions: [
        { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
        { type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady' },
      ],
      related: [lost],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'the runtime came back and does not know how the container ended',
    observation: podOf({
      containers: [
        { running: 30, restarts: 2, last: life('Unknown', 255, { ended: 60, lasted: 90_000 }) },
      ],
    }),
    expected: [
      {
        category: 'NodeRestart',
        mode: 50,
        container: 'app',
        severity: 'warning',
        remediation: 'none',
        confidence: 'high',
        rejected: ['AppError'],
      },
    ],
  },
  {
    name: 'a program that exits with 255 by itself',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 5, last: life('Error', 255) }],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'docker found a container dead when its machine came back',
    observation: podOf({
      containers: [
        {
          running: 600,
          restarts: 3,
          last: docker(life('Error', 255, { ended: 605, lasted: 260_000 })),
        },
      ],
    }),
    expected: [
      {
        category: 'NodeRestart',
        mode: 50,
        container: 'app',
        remediation: 'none',
        confidence: 'medium',
      },
    ],
  },
  {
    name: 'a container of docker ends with another code after a long life',
    observation: podOf({
      containers: [
        {
          running: 600,
          restarts: 3,
          last: docker(life('Error', 1, { ended: 605, lasted: 260_000 })),
        },
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container of docker ends with 255 soon after it began',
    observation: podOf({
      containers: [
        { running: 30, restarts: 3, last: docker(life('Error', 255, { ended: 35, lasted: 60 })) },
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'a container of docker ended with 255 after a long life, and does not come back',
    observation: podOf({
      containers: [
        {
          waiting: 'CrashLoopBackOff',
          restarts: 3,
          last: docker(life('Error', 255, { ended: 35, lasted: 9000 })),
        },
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  {
    name: 'the container vanished from the runtime',
    observation: podOf({
      containers: [
        {
          running: 30,
          restarts: 1,
          last: {
            reason: 'ContainerStatusUnknown',
            exitCode: 137,
            message: 'The container could not be located when the pod was deleted.',
          },
        },
      ],
    }),
    expected: [
      {
        category: 'NodeRestart',
        mode: 51,
        container: 'app',
        confidence: 'medium',
        remediation: 'none',
      },
    ],
  },
  {
    name: 'the node was rebooted in good order',
    observation: podOf({
      containers: [
        { running: 30, restarts: 1, last: life('Error', 143, { ended: 90, lasted: 9000 }) },
      ],
      related: [node('True', '')],
      events: [
        event('Rebooted', 'Node node-1 has been rebooted, boot id: 7', {
          seen: 40,
          about: { kind: 'Node', name: 'node-1' },
        }),
      ],
    }),
    expected: [{ category: 'NodeRestart', mode: 50, says: /rebooted/ }],
  },
  {
    name: 'a crash long after the reboot is a crash',
    observation: podOf({
      containers: [
        { running: 30, restarts: 1, last: life('Error', 1, { ended: 90, lasted: 9000 }) },
      ],
      events: [
        event('Rebooted', 'Node node-1 has been rebooted, boot id: 7', {
          seen: 4000,
          about: { kind: 'Node', name: 'node-1' },
        }),
      ],
    }),
    expected: [{ category: 'AppError' }],
  },
  ...(
    [
      ['the runtime lost it', life('Unknown', 255)],
      ['the kubelet lost it', { reason: 'ContainerStatusUnknown', exitCode: 137 }],
      ['it was stopped', life('Error', 143, { ended: 90, lasted: 9000 })],
    ] as const
  ).map(([what, last]): Specimen => ({
    name: `${what} when the node was rebooted, and its name is taken since`,
    observation: podOf({
      containers: [
        {
          waiting: {
            reason: 'CreateContainerError',
            message: 'name "app_web_shop_1" is reserved for "ab"',
          },
          restarts: 1,
          last,
        },
      ],
      events: [
        event('Rebooted', 'Node node-1 has been rebooted, boot id: 7', {
          seen: 40,
          about: { kind: 'Node', name: 'node-1' },
        }),
      ],
    }),
    expected: [{ category: 'CreateContainerError' }],
  })),
  {
    name: 'a pod that names a node which is not there',
    observation: podOf({
      ...untaken(45),
      owner: null,
      related: [{ kind: 'Node', metadata: { name: 'node-2' } }],
    }),
    expected: [
      {
        category: 'NodeLost',
        mode: 48,
        container: null,
        confidence: 'medium',
        remediation: 'none',
        since: ago(45),
        says: /node node-1 is not there/,
      },
    ],
  },
  {
    name: 'a pod is given a node whose kubelet says nothing of it',
    observation: podOf({
      ...untaken(400),
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(60) }],
      events: [event('Scheduled', 'Successfully assigned shop/web to node-1', { type: 'Normal' })],
    }),
    expected: [{ category: 'NodeLost', since: ago(60), says: /does not answer/ }],
  },
  {
    name: 'a pod was given its node some seconds ago',
    observation: podOf(untaken(20)),
    expected: [],
  },
  {
    name: 'a pod that was never given a node has no kubelet',
    observation: podOf({ ...untaken(45), spec: { nodeName: undefined } }),
    expected: [],
  },
  {
    name: 'the kubelet has taken the pod on',
    observation: podOf({ ...untaken(45), status: { phase: 'Pending', startTime: ago(44) } }),
    expected: [],
  },
  {
    name: 'a pod that runs without a startTime, as old clusters and cut files show it',
    observation: podOf({ metadata: { creationTimestamp: ago(45) } }),
    expected: [],
  },
];
