import type { Container, Pod, Stored } from '@kubewright/apimachinery';
import type { ProbeTarget } from '../probes/probe-target.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';

/** How probes and hooks reach one life of a container. */
export function probeTarget(
  runtime: ContainerRuntime,
  pod: Stored<Pod>,
  container: Container,
  containerId: string,
): ProbeTarget {
  const sandbox = runtime.podState(pod.metadata.uid).sandbox;
  return {
    pod,
    container,
    podIp: sandbox?.ip ?? pod.status?.podIP ?? '127.0.0.1',
    resolvePort: (port) => runtime.resolvePort(containerId, port),
    exec: (options) => runtime.exec(containerId, options),
  };
}
