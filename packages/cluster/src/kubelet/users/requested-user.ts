import type { Container, Pod, Stored } from '@kubewright/apimachinery';
import { ContainerConfigError } from '../environment/container-environment.ts';

/** What a pod's spec asks of the user of a container. */
export interface RequestedUser {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Further groups, `fsGroup` among them. */
  readonly groups: readonly number[];
}

/**
 * Reads `securityContext` of a container and its pod; the container's own fields win.
 *
 * @throws ContainerConfigError when `runAsNonRoot` is true and the user asked for is root.
 */
export function requestedUser(
  pod: Stored<Pod>,
  container: Container,
  imageUid: number | undefined,
): RequestedUser {
  const ofPod = pod.spec?.securityContext;
  const own = container.securityContext;
  const uid = own?.runAsUser ?? ofPod?.runAsUser;
  if ((own?.runAsNonRoot ?? ofPod?.runAsNonRoot) === true && (uid ?? imageUid) === 0) {
    const { name, namespace = 'default', uid: podUid } = pod.metadata;
    const where = `(pod: "${name}_${namespace}(${podUid})", container: ${container.name})`;
    throw new ContainerConfigError(
      uid === 0
        ? `container's runAsUser breaks non-root policy ${where}`
        : `container has runAsNonRoot and image will run as root ${where}`,
    );
  }
  const { fsGroup, supplementalGroups = [] } = ofPod ?? {};
  return {
    uid,
    gid: own?.runAsGroup ?? ofPod?.runAsGroup,
    groups: [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])],
  };
}
