import type { ContainerPort, DeepReadonly, Pod } from '@kubewright/apimachinery';

type HostPort = DeepReadonly<ContainerPort>;

const everyAddress = '0.0.0.0';

/** The ports of its node that a pod takes: of its containers and of its sidecars. */
function hostPorts({ spec }: DeepReadonly<Pod>): HostPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...sidecars, ...(spec?.containers ?? [])]
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort = 0 }) => hostPort > 0);
}

function collides(one: HostPort, other: HostPort): boolean {
  const [address, otherAddress] = [one, other].map(({ hostIP }) => hostIP || everyAddress);
  return (
    one.hostPort === other.hostPort &&
    (one.protocol ?? 'TCP') === (other.protocol ?? 'TCP') &&
    (address === otherAddress || address === everyAddress || otherAddress === everyAddress)
  );
}

/** Whether a pod wants a port of its node that one of the others has: the same number and protocol, at one address. */
export function hasPortConflict(
  pod: DeepReadonly<Pod>,
  others: readonly DeepReadonly<Pod>[],
): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = others.flatMap(hostPorts);
  return wanted.some((port) => taken.some((other) => collides(port, other)));
}
