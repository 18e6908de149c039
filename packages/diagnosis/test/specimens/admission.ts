import { life, podOf } from './pods.ts';
import type { ExpectedFinding, Specimen } from './specimen.ts';

function rejected(
  name: string,
  reason: string,
  message: string,
  expected: ExpectedFinding,
): Specimen {
  return {
    name,
    observation: podOf({ status: { phase: 'Failed', reason, message } }),
    expected: [{ mode: 52, ...expected }],
  };
}

export const admissionSpecimens: readonly Specimen[] = [
  rejected(
    'the node is full of cpu',
    'OutOfcpu',
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 32000, used: 1250, capacity: 2000",
    {
      category: 'AdmissionRejectedResources',
      remediation: 'cleanup-safe',
      says: /OutOfcpu: Node didn't have enough/,
    },
  ),
  rejected(
    'the node is full of pods, in the words of Kubernetes 1.18',
    'OutOfpods',
    "Pod Node didn't have enough resource: pods, requested: 1, used: 110, capacity: 110",
    { category: 'AdmissionRejectedResources', confidence: 'high' },
  ),
  rejected(
    'the node has as many volumes as it takes',
    'VolumeAttachmentLimitExceeded',
    'Node has insufficient volume attachment capacity',
    { category: 'AdmissionRejectedResources', confidence: 'high' },
  ),
  rejected(
    'no NUMA node has all of it',
    'TopologyAffinityError',
    'Pod was rejected: Resources cannot be allocated with Topology locality',
    { category: 'AdmissionRejectedResources', confidence: 'high' },
  ),
  rejected(
    'a GPU is gone when the pod comes',
    'UnexpectedAdmissionError',
    'Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected',
    { category: 'AdmissionRejectedDevice', confidence: 'high' },
  ),
  rejected(
    'the kubelet finds nothing to preempt for a critical pod',
    'UnexpectedAdmissionError',
    'Pod Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 150), ]',
    { category: 'AdmissionRejectedResources', confidence: 'medium' },
  ),
  rejected(
    'a sysctl is not allowed',
    'SysctlForbidden',
    'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted',
    { category: 'AdmissionRejectedPolicy', remediation: 'report-only' },
  ),
  rejected(
    'AppArmor is not there',
    'AppArmor',
    'Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host',
    { category: 'AdmissionRejectedPolicy', remediation: 'report-only' },
  ),
  rejected(
    'no NUMA node has all of it, in the words of Kubernetes 1.16',
    'Topology Affinity Error',
    'Pod Resources cannot be allocated with Topology Locality',
    { category: 'AdmissionRejectedResources' },
  ),
  rejected(
    'there are no whole processors left',
    'UnexpectedAdmissionError',
    'Pod was rejected: Allocate failed due to not enough cpus available to satisfy request: requested=4, available=2, which is unexpected',
    { category: 'AdmissionRejectedResources', confidence: 'high' },
  ),
  rejected(
    'the node cannot do what a newer API offers',
    'SupplementalGroupsPolicyNotSupported',
    'Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node',
    { category: 'AdmissionRejectedPolicy' },
  ),
  rejected('a plugin of the kubelet has words of its own', 'MoonPhase', 'Pod was rejected: full', {
    category: 'AdmissionRejectedNode',
    confidence: 'low',
    remediation: 'report-only',
    says: /MoonPhase: full/,
  }),
  {
    name: 'a pod that ran and failed for a reason of its own was not turned away',
    observation: podOf({
      containers: [{ terminated: life('Completed', 0) }],
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Failed', reason: 'MoonPhase' },
    }),
    expected: [{ category: 'AppError', confidence: 'low' }],
  },
  {
    name: 'a pod that has a reason and has not failed',
    observation: podOf({ status: { phase: 'Pending', reason: 'MoonPhase' } }),
    expected: [],
  },
  {
    name: 'Kubernetes 1.22 keeps a pod waiting whose profile is not loaded',
    observation: podOf({
      containers: [{ waiting: 'Blocked' }],
      status: {
        phase: 'Pending',
        reason: 'AppArmor',
        message: 'Cannot enforce AppArmor: profile "web" is not loaded',
      },
    }),
    expected: [
      {
        category: 'AdmissionRejectedPolicy',
        mode: 52,
        remediation: 'report-only',
        confidence: 'high',
        says: /profile "web" is not loaded/,
      },
    ],
  },
  ...(
    [
      ['NodeAffinity', 'Pod was rejected: Predicate NodeAffinity failed: node(s) didn’t match'],
      ['MatchNodeSelector', 'Pod Predicate MatchNodeSelector failed'],
      ['NodePorts', 'Predicate NodePorts failed'],
      ['PodOSNotSupported', "Failed to admit pod as the OS field doesn't match node OS"],
    ] as const
  ).map(([reason, message]) =>
    rejected(`the pod does not belong on the node: ${reason}`, reason, message, {
      category: 'AdmissionRejectedNode',
      remediation: 'report-only',
    }),
  ),
  {
    name: 'a pod that was let in after all keeps no rejection',
    observation: podOf({
      containers: [{ running: 4000 }],
      status: { phase: 'Running', reason: 'OutOfcpu' },
    }),
    expected: [],
  },
];
