import type { ContainerStatus, Pod, Stored } from '@kubewright/apimachinery';

/**
 * What is kept of a pod in memory: its identity, labels, annotations, owners, and what its containers last ended with. About a tenth of the whole.
 */
export function projectPod(pod: Stored<Pod>): Stored<Pod> {
  const { metadata, spec, status } = pod;
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: {
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      creationTimestamp: metadata.creationTimestamp,
      namespace: metadata.namespace,
      deletionTimestamp: metadata.deletionTimestamp,
      labels: metadata.labels,
      annotations: metadata.annotations,
      ownerReferences: metadata.ownerReferences,
    },
    spec: {
      // The names of app containers are in the statuses; the field is there because a pod must have it.
      containers: [],
      priorityClassName: spec?.priorityClassName,
      initContainers: spec?.initContainers
        ?.filter(({ restartPolicy }) => restartPolicy !== undefined)
        .map(({ name, restartPolicy }) => ({ name, restartPolicy })),
    },
    status: {
      containerStatuses: status?.containerStatuses?.filter(hasRestarted).map(projectStatus),
      initContainerStatuses: status?.initContainerStatuses?.filter(hasRestarted).map(projectStatus),
    },
  };
}

function hasRestarted({ restartCount }: ContainerStatus): boolean {
  return restartCount > 0;
}

function projectStatus(status: ContainerStatus): ContainerStatus {
  const { name, restartCount, lastState, state } = status;
  const terminated = lastState?.terminated;
  const startedAt = state?.running?.startedAt ?? state?.terminated?.startedAt;
  return {
    name,
    restartCount,
    // Required by the type, and read by nobody here.
    image: '',
    imageID: '',
    ready: false,
    ...(terminated === undefined
      ? {}
      : {
          lastState: {
            terminated: {
              exitCode: terminated.exitCode,
              reason: terminated.reason,
              finishedAt: terminated.finishedAt,
            },
          },
        }),
    ...(startedAt === undefined ? {} : { state: { running: { startedAt } } }),
  };
}
