/** The versions of the kinds that scenarios make. */
export const apiVersions: ReadonlyMap<string, string> = new Map([
  ['Pod', 'v1'],
  ['ConfigMap', 'v1'],
  ['Secret', 'v1'],
  ['Service', 'v1'],
  ['ServiceAccount', 'v1'],
  ['PersistentVolume', 'v1'],
  ['PersistentVolumeClaim', 'v1'],
  ['ResourceQuota', 'v1'],
  ['LimitRange', 'v1'],
  ['Namespace', 'v1'],
  ['Node', 'v1'],
  ['Event', 'v1'],
  ['Deployment', 'apps/v1'],
  ['ReplicaSet', 'apps/v1'],
  ['StatefulSet', 'apps/v1'],
  ['DaemonSet', 'apps/v1'],
  ['Job', 'batch/v1'],
  ['CronJob', 'batch/v1'],
  ['PodDisruptionBudget', 'policy/v1'],
  ['HorizontalPodAutoscaler', 'autoscaling/v2'],
  ['PriorityClass', 'scheduling.k8s.io/v1'],
  ['StorageClass', 'storage.k8s.io/v1'],
  ['VolumeAttachment', 'storage.k8s.io/v1'],
  ['RuntimeClass', 'node.k8s.io/v1'],
  ['ResourceClaimTemplate', 'resource.k8s.io/v1'],
  ['ValidatingAdmissionPolicy', 'admissionregistration.k8s.io/v1'],
  ['ValidatingAdmissionPolicyBinding', 'admissionregistration.k8s.io/v1'],
  ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1'],
]);

/** Kinds of which every change is recorded, where it is in the namespace of the scenario. */
export const recordedKinds = [
  'Pod',
  'Event',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'ResourceQuota',
  'HorizontalPodAutoscaler',
] as const;

/** Kinds without a namespace of which every change is recorded. */
export const clusterKinds = ['Node', 'PersistentVolume', 'VolumeAttachment'] as const;
