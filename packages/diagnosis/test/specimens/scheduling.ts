import { ago, event, podOf, type PodSketch } from './pods.ts';
import type { Category } from '../../src/index.ts';
import type { ExpectedFinding, Specimen } from './specimen.ts';

/** A pod that has no node; made a minute ago and a half. */
function unplaced(sketch: PodSketch): Specimen['observation'] {
  return podOf({
    ...sketch,
    metadata: { creationTimestamp: ago(90), ...sketch.metadata },
    spec: { nodeName: undefined, ...sketch.spec },
    status: { phase: 'Pending', ...sketch.status },
  });
}

function unscheduled(message: string, reason = 'Unschedulable') {
  return {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    lastTransitionTime: ago(80),
  };
}

function refused(name: string, message: string, expected: ExpectedFinding): Specimen {
  return {
    name,
    observation: unplaced({ conditions: [unscheduled(message)] }),
    expected: [{ container: null, confidence: 'high', since: ago(80), ...expected }],
  };
}

function node(...taints: readonly { key: string; effect: string }[]) {
  return { kind: 'Node', metadata: { name: 'node-1' }, spec: { taints } };
}

const claimed = {
  volumes: [
    { name: 'tmp', emptyDir: {} },
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
  ],
};
const claim = (phase: string) => ({
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'shop' },
  status: { phase },
});

const anonymousTaint =
  '0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

export const schedulingSpecimens: readonly Specimen[] = [
  refused(
    'no node has enough cpu, and a soft spread is not to blame',
    '0/3 nodes are available: 3 Insufficient cpu.',
    {
      category: 'UnschedulableResources',
      mode: 38,
      severity: 'critical',
      remediation: 'report-only',
      says: /enough cpu free for it \(3 looked at\)/,
      paths: ['status.conditions[0].message', 'status.conditions[0].reason'],
    },
  ),
  refused('no node has a GPU', '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.', {
    category: 'UnschedulableResources',
    says: /nvidia\.com\/gpu/,
  }),
  refused('the cluster has no nodes', 'no nodes available to schedule pods', {
    category: 'UnschedulableResources',
    says: /no node to run/,
  }),
  refused(
    'the selector fits no node',
    "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
    { category: 'UnschedulablePlacement', mode: 39, remediation: 'report-only' },
  ),
  refused(
    'a taint of a node that is at fault',
    '0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    {
      category: 'UnschedulableTaint',
      mode: 40,
      remediation: 'none',
      says: /at fault: .*disk-pressure/,
    },
  ),
  refused(
    'a taint of nodes that are set aside',
    '0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: batch}.',
    { category: 'UnschedulableTaint', remediation: 'report-only', says: /\(dedicated\)/ },
  ),
  refused('nodes that are cordoned', '0/2 nodes are available: 2 node(s) were unschedulable.', {
    category: 'UnschedulableTaint',
    mode: 40,
    remediation: 'none',
    says: /cordoned/,
  }),
  refused(
    'a claim that is not there',
    '0/1 nodes are available: persistentvolumeclaim "data" not found. not found',
    { category: 'UnschedulableVolume', mode: 41, remediation: 'report-only' },
  ),
  refused(
    'resource claims that no node can meet',
    '0/1 nodes are available: 1 cannot allocate all claims. still not schedulable.',
    {
      category: 'ResourceClaimPending',
      mode: 42,
      remediation: 'report-only',
    },
  ),
  refused('a group that is not complete', 'pod group is not ready, 1 Pending, 2 minAvailable', {
    category: 'SchedulingGated',
    severity: 'warning',
    remediation: 'none',
  }),
  refused('a scheduler of which nobody has heard', 'the stars are not right', {
    category: 'UnschedulablePlacement',
    confidence: 'low',
    says: /the stars are not right/,
  }),
  {
    name: 'the scheduler finds no node, and its message is missing',
    observation: unplaced({ conditions: [{ type: 'PodScheduled', status: 'False' }] }),
    expected: [
      {
        category: 'UnschedulableResources',
        confidence: 'low',
        remediation: 'report-only',
        paths: ['status.conditions[0].status'],
      },
    ],
  },
  {
    name: 'a pod that has its node keeps a condition of before',
    observation: podOf({
      containers: [{ running: 400 }],
      conditions: [{ type: 'PodScheduled', status: 'False' }],
    }),
    expected: [],
  },
  {
    name: 'only the autoscaler tells why',
    observation: unplaced({
      events: [
        event(
          'NotTriggerScaleUp',
          "pod didn't trigger scale-up: 2 node(s) had untolerated taint {team: a}",
          {
            type: 'Normal',
          },
        ),
      ],
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
    }),
    expected: [{ category: 'UnschedulableTaint', says: /\(team\)/ }],
  },
  {
    name: 'a scheduler of another name has a reason of another name',
    observation: unplaced({
      spec: { schedulerName: 'kai-scheduler' },
      events: [event('Unschedulable', 'no nodes with enough resources were found')],
    }),
    expected: [{ category: 'UnschedulableResources' }],
  },
  {
    name: 'the kubelet cannot prepare a resource claim',
    observation: podOf({
      containers: [{ waiting: 'ContainerCreating' }],
      spec: { resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu-0' }] },
      status: { phase: 'Pending', startTime: ago(40) },
      events: [
        event(
          'FailedPrepareDynamicResources',
          'Failed to prepare dynamic resources: DRA driver gpu.example.com is not registered',
        ),
      ],
    }),
    expected: [
      {
        category: 'ResourceClaimPending',
        mode: 42,
        container: 'app',
        confidence: 'high',
        remediation: 'report-only',
        since: ago(40),
        says: /gpu\.example\.com is not registered/,
      },
    ],
  },
  {
    name: 'a resource claim that was prepared in the end',
    observation: podOf({
      containers: [{ running: 20 }],
      events: [event('FailedPrepareDynamicResources', 'Failed to prepare dynamic resources: x')],
    }),
    expected: [],
  },
  {
    name: 'the scheduler of 1.36 does not name the taint, the node does',
    observation: unplaced({
      conditions: [unscheduled(anonymousTaint)],
      related: [node({ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' })],
    }),
    expected: [{ category: 'UnschedulableTaint', remediation: 'none', says: /memory-pressure/ }],
  },
  {
    name: 'somebody cleared the node with a taint',
    observation: unplaced({
      conditions: [unscheduled(anonymousTaint)],
      related: [node({ key: 'maintenance', effect: 'NoExecute' })],
    }),
    expected: [{ category: 'UnschedulableTaint', remediation: 'none', says: /\(maintenance\)/ }],
  },
  ...(
    [
      ['node.cilium.io/agent-not-ready: ', 'none'],
      ['karpenter.sh/disrupted: ', 'none'],
      ['startup-taint.cluster-autoscaler.kubernetes.io/gpu: ', 'none'],
      ['ToBeDeletedByClusterAutoscaler: 1767268800', 'none'],
      ['cloud.google.com/impending-node-termination: ', 'none'],
      ['karpenter.sh/agents: ', 'report-only'],
    ] as const
  ).map(([taint, remediation]): Specimen => ({
    name: `the only taint is {${taint}}`,
    observation: unplaced({
      conditions: [
        unscheduled(`0/2 nodes are available: 2 node(s) had untolerated taint {${taint}}.`),
      ],
    }),
    expected: [{ category: 'UnschedulableTaint', remediation }],
  })),
  {
    name: 'a taint that nothing names, so that it may be one that passes',
    observation: unplaced({ conditions: [unscheduled(anonymousTaint)] }),
    expected: [{ category: 'UnschedulableTaint', remediation: 'none' }],
  },
  {
    name: 'only the Event tells, and a node is on its way',
    observation: unplaced({
      events: [
        event('FailedScheduling', '0/3 nodes are available: 3 Insufficient memory.'),
        event('TriggeredScaleUp', 'pod triggered scale-up: [{group 3->4 (max: 9)}]', {
          type: 'Normal',
        }),
      ],
    }),
    expected: [
      {
        category: 'UnschedulableResources',
        severity: 'warning',
        remediation: 'none',
        says: /a node is on its way/,
      },
    ],
  },
  {
    name: 'a pod that has its node does not wait for one',
    observation: podOf({
      containers: [{ running: 400 }],
      events: [event('FailedScheduling', '0/3 nodes are available: 3 Insufficient memory.')],
    }),
    expected: [],
  },
  {
    name: 'a queue holds the pod back',
    observation: unplaced({
      spec: { schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }] },
      conditions: [
        unscheduled('Scheduling is blocked due to non-empty scheduling gates', 'SchedulingGated'),
      ],
    }),
    expected: [
      {
        category: 'SchedulingGated',
        mode: 42,
        remediation: 'none',
        says: /kueue\.x-k8s\.io\/admission/,
        paths: ['status.conditions[0].reason', 'spec.schedulingGates'],
      },
    ],
  },
  {
    name: 'the gates are closed, and the condition is missing',
    observation: unplaced({ spec: { schedulingGates: [{ name: 'shop.test/turn' }] } }),
    expected: [{ category: 'SchedulingGated' }],
  },
  {
    name: 'a resource claim does not exist, and nobody says a word',
    observation: unplaced({
      spec: { resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu-0' }] },
    }),
    expected: [
      {
        category: 'ResourceClaimPending',
        mode: 42,
        confidence: 'medium',
        says: /\(gpu-0\)/,
        rejected: ['SchedulerMissing'],
        paths: ['metadata.creationTimestamp', 'spec.resourceClaims[0]'],
      },
    ],
  },
  {
    name: 'the volume of a claim is not made, and only the claim tells',
    observation: unplaced({
      spec: claimed,
      related: [claim('Pending')],
      events: [
        event('ExternalProvisioning', "Waiting for the external provisioner 'absent.shop.test'", {
          type: 'Normal',
          about: { kind: 'PersistentVolumeClaim', name: 'data' },
        }),
      ],
    }),
    expected: [
      {
        category: 'UnschedulableVolume',
        mode: 41,
        confidence: 'medium',
        says: /external provisioner 'absent\.shop\.test'/,
      },
    ],
  },
  {
    name: 'a node is picked, and the claim was not seen',
    observation: unplaced({
      spec: claimed,
      status: { phase: 'Pending', nominatedNodeName: 'node-1' },
    }),
    expected: [{ category: 'UnschedulableVolume' }],
  },
  {
    name: 'nobody answers to the name of its scheduler',
    observation: unplaced({
      spec: { ...claimed, schedulerName: 'volcano' },
      related: [claim('Bound')],
    }),
    expected: [
      {
        category: 'SchedulerMissing',
        mode: 39,
        confidence: 'medium',
        says: /volcano/,
        paths: ['status.conditions[0]', 'spec.schedulerName'],
      },
    ],
  },
  ...(
    [
      ['has named that', 'nominatedNodeName', 300, []],
      ['has written of its log', undefined, 300, []],
      [
        'has named that long ago',
        'nominatedNodeName',
        1200,
        [{ category: 'SchedulerMissing', says: /has begun with it/ }],
      ],
      ['has had the time that it takes', 'other', 170, []],
      ['is another', 'other', 190, [{ category: 'SchedulerMissing', says: /No scheduler named/ }]],
    ] as const
  ).map(([what, field, age, expected]): Specimen => {
    const said = event('LoggingDisabled', 'Disabled logging', { seen: age - 1 });
    const writer = field === undefined ? 'fargate-scheduler' : 'kyverno';
    return {
      name: `the scheduler that makes a node for each pod ${what}`,
      observation: unplaced({
        metadata: { creationTimestamp: ago(age) },
        spec: { schedulerName: 'fargate-scheduler' },
        status: {
          phase: 'Pending',
          ...(field === 'nominatedNodeName' ? { nominatedNodeName: '5a6f1c9d2b' } : {}),
        },
        events: [{ ...said, source: { component: writer } }],
      }),
      expected,
    };
  }),
  {
    name: 'the default scheduler says nothing for long',
    observation: unplaced({}),
    expected: [{ category: 'SchedulerMissing', confidence: 'low' }],
  },
  ...(
    [
      ['ResourceClaimPending', { resourceClaims: [{ name: 'gpu' }] }],
      ['UnschedulableVolume', claimed],
      ['SchedulerMissing', { schedulerName: 'volcano' }],
    ] as const satisfies readonly (readonly [Category, object])[]
  ).map(([category, spec]): Specimen => ({
    name: `a new pod gets the time for an answer before it is ${category}`,
    observation: unplaced({
      metadata: { creationTimestamp: ago(3) },
      spec,
      related: [claim('Pending')],
    }),
    expected: [],
  })),
  {
    name: 'a pod that has just got its node is not looked at by any scheduler',
    observation: podOf({
      metadata: { creationTimestamp: ago(90) },
      spec: { ...claimed, schedulerName: 'volcano', resourceClaims: [{ name: 'gpu' }] },
      status: { phase: 'Pending', startTime: ago(1) },
      related: [claim('Pending')],
    }),
    expected: [],
  },
];
