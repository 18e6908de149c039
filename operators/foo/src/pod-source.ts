import type { Pod, Stored } from '@kubewright/apimachinery';

/** Options of the informer of pods; one object, so that all who ask share one informer. That a pod exists is all that counts. */
export const podSource = { transform: projectPod } as const;

/** Its identity: a few hundred bytes of what may be twenty thousand. */
function projectPod({ apiVersion, kind, metadata }: Stored<Pod>): Stored<Pod> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
  };
}
